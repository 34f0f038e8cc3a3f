import { Tray } from "/static/js/tray.js";
import { equal, ok, test, until } from "./check.js";

/** The upload chip's <template>, as the page has it. */
function addTemplate(root) {
  const holder = document.createElement("template");
  const chip = document.createElement("li");
  holder.id = "template-upload";
  for (const name of ["name", "facts", "error"]) {
    const place = document.createElement("span");
    place.dataset.slot = name;
    chip.append(place);
  }
  for (const action of ["retry-upload", "remove"]) {
    const button = document.createElement("button");
    button.dataset.action = action;
    chip.append(button);
  }
  const seen = document.createElement("a");
  seen.className = "upload__seen";
  seen.hidden = true;
  chip.append(seen, document.createElement("progress"), document.createElement("img"));
  holder.content.append(chip);
  root.replaceChildren(holder);
}

/** A tray whose uploads the test settles. */
function trayOn(root, limit = 3) {
  addTemplate(root);
  const list = document.createElement("ul");
  root.append(list);
  const uploads = [];
  const send = (_url, file, { progressed }) => {
    const upload = { file, progressed, isCancelled: false };
    upload.done = new Promise((resolve, reject) => Object.assign(upload, { resolve, reject }));
    uploads.push(upload);
    return { done: upload.done, cancel: () => (upload.isCancelled = true) };
  };
  const tray = new Tray(list, { url: "/attachments/", limit, changed: () => {}, send });
  return {
    tray,
    list,
    uploads,
    press: (action) => list.querySelector(`[data-action="${action}"]`).click(),
  };
}

const file = (name) => new File(["12345"], name);
const stored = (id) => ({
  id,
  kind: "pdf",
  name: `${id}.pdf`,
  size_bytes: 1_258_291,
  pages: 12,
  href: `/attachments/${id}/`,
});

test("an uploaded file can be sent", async (root) => {
  const { tray, list, uploads } = trayOn(root);
  tray.add([file("a.pdf")]);
  equal([tray.uploading, tray.attachments, list.hidden], [1, [], false]);
  uploads[0].progressed(0.5);
  equal(list.querySelector("progress").value, 0.5);

  uploads[0].resolve(stored("a"));

  await until(() => tray.uploading === 0);
  equal(tray.attachments, [stored("a")]);
  equal(list.querySelector('[data-slot="facts"]').textContent, "12 pages · 1.2 MB");
});

test("a refused file says why and can be tried again", async (root) => {
  const { tray, list, uploads, press } = trayOn(root);
  tray.add([file("a.pdf")]);
  uploads[0].reject(new Error("The PDF has a password."));
  await until(() => tray.failed === 1);
  equal(list.querySelector('[data-slot="error"]').textContent, "The PDF has a password.");

  press("retry-upload");
  uploads[1].resolve(stored("a"));

  await until(() => tray.attachments.length === 1);
  equal([tray.failed, list.querySelector('[data-slot="error"]').hidden], [0, true]);
});

test("removing a file on its way cancels the upload", (root) => {
  const { tray, list, uploads, press } = trayOn(root);
  tray.add([file("a.pdf")]);

  press("remove");

  equal([uploads[0].isCancelled, tray.isEmpty, list.hidden], [true, true, true]);
});

test("a removed file does not come back when its upload ends", async (root) => {
  const { tray, uploads, press } = trayOn(root);
  tray.add([file("a.pdf")]);
  press("remove");

  uploads[0].resolve(stored("a"));
  await uploads[0].done;

  equal(tray.attachments, []);
});

test("says how many files had no place", (root) => {
  const { tray } = trayOn(root, 2);

  equal([tray.add([file("1"), file("2"), file("3")]), tray.uploading], [1, 2]);
});

test("files that the server has can be put back", (root) => {
  const { tray } = trayOn(root);

  tray.restore([stored("a"), stored("b")]);

  equal(
    tray.attachments.map(({ id }) => id),
    ["a", "b"],
  );
  ok(!tray.uploading);
});

test("a document that became text shows what Claude reads", async (root) => {
  const { tray, list } = trayOn(root);

  tray.restore([{ ...stored("a"), kind: "text", pages: undefined, converted_from: "docx" }]);

  const seen = list.querySelector(".upload__seen");
  equal([seen.hidden, seen.getAttribute("href")], [false, "/attachments/a/"]);
  equal(list.querySelector('[data-slot="facts"]').textContent, "Word document · 1.2 MB");
});

test("a link is fetched by the server, and nobody knows how far it is", async (root) => {
  const { tray, list, uploads } = trayOn(root);
  tray.add(["https://example.org/a.pdf"]);
  equal(uploads[0].file, "https://example.org/a.pdf");
  equal(list.querySelector('[data-slot="name"]').textContent, "https://example.org/a.pdf");
  uploads[0].progressed(1);
  equal(list.querySelector("progress").hasAttribute("value"), false);

  uploads[0].resolve(stored("a"));

  await until(() => tray.uploading === 0);
  equal(list.querySelector('[data-slot="name"]').textContent, "a.pdf");
});
