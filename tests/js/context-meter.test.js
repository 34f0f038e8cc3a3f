import {
  cacheInWords,
  ContextMeter,
  costInWords,
  dollars,
  spentInWords,
  warningFor,
} from "/static/js/context-meter.js";
import { equal, test, until } from "./check.js";

const COUNT = {
  input_tokens: 12_345,
  is_exact: true,
  cached_tokens: 0,
  cached_until: null,
  window: 1_000_000,
  cost_low_usd: "0.05",
  cost_high_usd: "0.09",
  notes: [],
  problem: null,
  misfits: {},
  largest: [],
  parts: [{ kind: "draft", tokens: 12_345 }],
  conversation: null,
};

/** The elements that the page's template has. */
function addParts(root) {
  const button = Object.assign(document.createElement("button"), { id: "context-meter" });
  for (const name of ["tokens", "share"]) {
    const place = document.createElement("span");
    place.dataset.slot = name;
    button.append(place);
  }
  button.append(document.createElement("meter"));
  const panel = Object.assign(document.createElement("div"), { id: "context-parts", popover: "auto" });
  for (const name of ["prefix", "message", "file", "draft", "total", "cached", "cost", "spent"]) {
    const row = document.createElement("div");
    row.dataset.row = name;
    row.append(document.createElement("dd"));
    panel.append(row);
  }
  panel.append(document.createElement("ul"));
  const warning = Object.assign(document.createElement("div"), { id: "context-warning" });
  const models = Object.assign(document.createElement("select"), { id: "composer-model" });
  models.append(new Option("Opus", "opus", true, true), new Option("Haiku", "haiku"));
  root.replaceChildren(button, panel, warning, models);
  return { button, panel, warning, models };
}

/** A meter whose counts the test gives. */
function meterOn(root, draft = { type: "message.send", text: "x".repeat(5_000), attachments: [] }) {
  const parts = addParts(root);
  const client = { running: undefined, conversation: null };
  const asked = [];
  const ask = (_url, body, signal) =>
    new Promise((resolve, reject) => {
      asked.push({ body: JSON.parse(body), signal, resolve, reject });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  const state = { draft };
  const meter = new ContextMeter("/draft/count/", () => state.draft, client, { ask, pause: 1, tick: 10 });
  return { ...parts, meter, client, asked, state };
}

test("the count stands beside the meter", async (root) => {
  const { meter, asked, button, panel } = meterOn(root);
  meter.schedule();
  await until(() => asked.length === 1);

  asked[0].resolve(COUNT);
  await until(() => !button.hidden);

  equal(
    [...button.querySelectorAll("span")].map(({ textContent }) => textContent),
    ["12,345 tokens", "1 % of 1M"],
  );
  equal(
    [...panel.querySelectorAll("[data-row]:not([hidden]) dd")].map((dd) => dd.textContent),
    ["12,345", "12,345 of 1,000,000", "$0.05 to $0.09"],
  );
});

test("less than a thousand tokens are not worth a number", (root) => {
  const { meter, button } = meterOn(root);

  meter.show({ ...COUNT, input_tokens: 999 });

  equal(button.hidden, true);
});

test("what a short conversation should know is said all the same", (root) => {
  const { meter, button } = meterOn(root);

  meter.show({ ...COUNT, input_tokens: 999, notes: ["It forgets."] });

  const warning = document.getElementById("context-warning");
  equal([button.hidden, warning.hidden, warning.textContent], [true, false, "It forgets."]);
});

test("an outdated count is given up", async (root) => {
  const { meter, asked, state, button } = meterOn(root);
  meter.schedule();
  await until(() => asked.length === 1);

  state.draft = { ...state.draft, text: "y".repeat(6_000) };
  meter.schedule();
  await until(() => asked.length === 2);
  asked[1].resolve(COUNT);
  await until(() => !button.hidden);

  equal(asked[0].signal.aborted, true);
});

test("the same draft is counted once", async (root) => {
  const { meter, asked } = meterOn(root);
  meter.schedule();
  await until(() => asked.length === 1);
  asked[0].resolve(COUNT);

  meter.schedule();
  await new Promise((done) => setTimeout(done, 20));

  equal(asked.length, 1);
});

test("a short first message asks nobody", async (root) => {
  const { meter, asked, button } = meterOn(root, { type: "message.send", text: "Hi", attachments: [] });

  meter.schedule();
  await new Promise((done) => setTimeout(done, 20));

  equal([asked.length, button.hidden], [0, true]);
});

test("nothing is counted while Claude answers", async (root) => {
  const { meter, asked, client } = meterOn(root);
  client.running = { id: "t" };

  meter.schedule();
  await new Promise((done) => setTimeout(done, 20));

  equal(asked.length, 0);
});

test("a count that fails shows nothing", async (root) => {
  const { meter, asked, button } = meterOn(root);
  meter.show(COUNT);
  meter.schedule();
  await until(() => asked.length === 1);

  asked[0].reject(new Error("500"));
  await until(() => button.hidden);

  equal(button.hidden, true);
});

test("an estimate says so", (root) => {
  const { meter, button, panel } = meterOn(root);

  meter.show({ ...COUNT, is_exact: false });

  equal(button.textContent.startsWith("about 12,345 tokens"), true);
  equal(panel.querySelector("li").textContent.includes("an estimate"), true);
});

test("a conversation that outgrew the window can be compacted", (root) => {
  const { meter, warning } = meterOn(root);
  const asked = [];
  const form = Object.assign(document.createElement("form"), { id: "compact-form" });
  form.onsubmit = (event) => (event.preventDefault(), asked.push("compact"));
  root.append(form);
  const full = { ...COUNT, problem: "This will not fit.", window: 9_000 };

  meter.show(full);
  equal(warning.querySelector("button"), null);
  meter.show({ ...full, conversation: { cost_usd: null } });
  warning.querySelector("button").click();

  equal(asked, ["compact"]);
});

test("what was counted before a compaction is counted again", async (root) => {
  const { meter, asked } = meterOn(root);
  meter.schedule();
  await until(() => asked.length === 1);
  asked[0].resolve(COUNT);

  meter.forget();
  meter.schedule();

  await until(() => asked.length === 2);
});

test("what will not fit names the largest", (root) => {
  const { meter, warning } = meterOn(root);

  meter.show({
    ...COUNT,
    problem: "This will not fit.",
    largest: [{ kind: "file", name: "<b>a.pdf</b>", tokens: 9_000 }],
  });

  equal(
    [...warning.children].map(({ textContent }) => textContent),
    ["This will not fit.", "The largest: <b>a.pdf</b> (about 9,000)."],
  );
});

test("warnings are notes as long as it fits", () => {
  equal(warningFor({ problem: null, largest: [], notes: ["Dearer."] }), ["Dearer."]);
  equal(warningFor({ problem: "No.", largest: [], notes: ["Dearer."] }), ["No."]);
});

test("the cache is counted down", () => {
  const count = { cached_tokens: 5_000, cached_until: "2026-11-22T12:05:00+00:00" };
  const at = (time) => cacheInWords(count, Date.parse(`2026-11-22T${time}Z`));

  equal(at("12:00:30"), "5,000, for 4 min 30 s more");
  equal(at("12:04:59"), "5,000, for 1 s more");
  equal(at("12:05:01"), "no longer");
  equal(cacheInWords({ cached_tokens: 0, cached_until: null }, 0), "");
});

test("what the cache does not hold any more is counted anew, once", async (root) => {
  const { meter, asked, panel } = meterOn(root);
  meter.show({ ...COUNT, cached_tokens: 9_000, cached_until: new Date(Date.now() + 200).toISOString() });
  panel.showPopover();
  await until(() => asked.length === 1);

  equal(panel.querySelector('[data-row="cached"] dd').textContent, "no longer");
  await new Promise((done) => setTimeout(done, 50));
  equal(asked.length, 1);
  panel.hidePopover();
});

test("a conversation says what its cache was good for", () => {
  const spent = { cost_usd: "0.5", has_unknown_cost: false, hit_rate: 0.8, cache_savings_usd: "0.2" };

  equal(spentInWords(spent), "$0.50 · 80 % from the cache · saved $0.20");
  equal(
    spentInWords({ ...spent, hit_rate: 0, cache_savings_usd: "-0.0072" }),
    "$0.50 · 0 % from the cache · filling it cost $0.0072",
  );
  equal(spentInWords({ ...spent, has_unknown_cost: true, hit_rate: null, cache_savings_usd: "0" }), "$0.50 + unknown");
  equal(spentInWords({ ...spent, cost_usd: null, has_unknown_cost: true }), "unknown · 80 % from the cache");
});

test("money reads as on the rest of the page", () => {
  equal(
    ["0", "0.771", "1234.5", "0.0055", "0.00123", "0.00001"].map(dollars),
    ["$0.00", "$0.77", "$1,234.50", "$0.0055", "$0.0012", "< $0.0001"],
  );
  equal(costInWords({ cost_low_usd: null, cost_high_usd: null }), "unknown");
  equal(costInWords({ cost_low_usd: "0.051", cost_high_usd: "0.052" }), "$0.05");
});

test("a model that does not fit says why in the list, and can be chosen again later", async (root) => {
  const { meter, models } = meterOn(root);

  meter.show({ ...COUNT, misfits: { opus: "no PDFs", haiku: "too large" } });
  const marked = [...models.options].map((option) => [option.text, option.disabled]);
  meter.show({ ...COUNT, misfits: { opus: "no PDFs" } });
  meter.show(null);

  // What is chosen already stays so: the form sends it, and the reason stands beside.
  equal(marked, [
    ["Opus (no PDFs)", false],
    ["Haiku (too large)", true],
  ]);
  equal([...models.options].map((option) => [option.text, option.disabled]), [
    ["Opus", false],
    ["Haiku", false],
  ]);
});
