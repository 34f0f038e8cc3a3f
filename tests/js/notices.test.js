import { RetryCountdown, retryInWords } from "/static/js/notices.js";
import { newId } from "/static/js/page.js";
import { equal, test } from "./check.js";

const BUSY = { message: "Claude is overloaded." };

/** The <template> elements that a wait needs, as the page has them. */
function addTemplates(root) {
  for (const id of ["template-retrying", "template-queued"]) {
    const template = Object.assign(document.createElement("template"), { id });
    const notice = document.createElement("div");
    for (const slot of ["title", "message", "countdown"]) {
      const place = document.createElement("p");
      place.dataset.slot = slot;
      notice.append(place);
    }
    template.content.append(notice);
    root.append(template);
  }
}

/** What a countdown shows some seconds later. */
function shownAfter(countdown, seconds) {
  countdown.tick(Date.now() + seconds * 1000);
  return countdown.element.querySelector('[data-slot="countdown"]').textContent;
}

test("the seconds to the next attempt are counted down", (root) => {
  addTemplates(root);
  const countdown = new RetryCountdown({ attempt: 2, delay_seconds: 8, reason: BUSY });

  equal(
    [0, 5.5, 7.5, 9].map((seconds) => shownAfter(countdown, seconds)),
    ["Retrying in 8 s", "Retrying in 3 s", "Retrying in 1 s", "Retrying…"],
  );
  equal(
    countdown.element.querySelector('[data-slot="message"]').textContent,
    "Claude is overloaded.",
  );
});

test("how many attempts there will be is said when it is known", (root) => {
  addTemplates(root);
  const attempt = { attempt: 2, limit: 4, delay_seconds: 8, reason: BUSY };

  equal(shownAfter(new RetryCountdown(attempt), 3.5), "Retrying in 5 s (attempt 2 of 4)");
  equal(retryInWords(attempt), "Claude is overloaded. Retrying in 8 s (attempt 2 of 4).");
});

test("a free server is a matter of moments, and only then worth a word", (root) => {
  addTemplates(root);
  const countdown = new RetryCountdown({ isQueued: true });

  const isHidden = [0, 900, 1_100].map((ms) => {
    countdown.tick(Date.now() + ms);
    return countdown.element.hidden;
  });

  equal(isHidden, [true, true, false]);
});

test("an id is a UUID, also where the browser gives none", () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const ids = [newId(), newId()];
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  ids.push(newId(), newId());
  delete crypto.randomUUID;

  equal([ids.every((id) => uuid.test(id)), new Set(ids).size], [true, 4]);
});

test("an answer that comes later says so at once", (root) => {
  addTemplates(root);
  const { element } = new RetryCountdown({ isQueued: true, isLater: true });

  equal(element.hidden, false);
  equal(
    element.querySelector('[data-slot="title"]').textContent,
    "To be answered within a day",
  );
});
