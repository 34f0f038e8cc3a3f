import { originLinks } from "/static/js/attachment-link.js";
import { equal, test } from "./check.js";

const facts = (link) => [link.textContent, link.getAttribute("href"), link.rel, link.target];

test("an upload that is sent as it is has no other address", () => {
  equal(originLinks({}), []);
});

test("what was converted and fetched leads to both", () => {
  const source_url = "https://example.org:443/a?b=c";
  const links = originLinks({ original_href: "/attachments/a/original/", source_url });

  equal(links.map(facts), [
    ["Original", "/attachments/a/original/", "", ""],
    ["From example.org", source_url, "noopener noreferrer nofollow", "_blank"],
  ]);
  equal(links[0].hasAttribute("download"), true);
});
