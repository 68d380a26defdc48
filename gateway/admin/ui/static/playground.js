// Playground: the decision about a prompt, several or a whole body, and what it would be with edited routes.
import { api, badge, cell, el, empty, head, meters, panel, table, wrong } from "/ui/common.js";
import { score } from "/ui/format.js";
import { forget, labelForm } from "/ui/labels.js";

export const title = "Playground";
const MOST = 50;
const ASK = "Write a Python function for binary search";
const KINDS = {
  prompt: ["a prompt", ASK],
  prompts: ["several prompts, one a line", "Write a parser for ISO dates\nhello there\nCompare B-trees with hash indexes"],
  "/v1/chat/completions": ["a body of Chat Completions", { model: "auto", messages: [{ role: "user", content: ASK }] }],
  "/v1/messages": ["a body of Anthropic Messages", { model: "auto", max_tokens: 1024, messages: [{ role: "user", content: ASK }] }],
  "/v1/responses": ["a body of Responses", { model: "auto", input: ASK }],
};

export async function show(main, signal) {
  forget();
  const { routes, threshold } = await api("/api/routes", { signal });
  const editor = new Editor(routes, threshold);
  const said = el("textarea", { id: "said", rows: 7, spellcheck: "false", required: true });
  const kind = el("select", { id: "kind" }, Object.entries(KINDS).map(([value, [text]]) => el("option", { value }, text)));
  const result = el("div", { class: "stack", "aria-live": "polite" });
  const example = el("button", { type: "button", click: () => { said.value = sample(kind.value); said.focus(); } }, "Put an example in");
  const form = el("form", { class: "stack" }, el("div", { class: "two" },
    panel("What is said", el("label", { for: "kind" }, "Kind"), kind, el("label", { for: "said" }, "Text"), said,
      el("p", { class: "row" }, el("button", { class: "primary" }, "Decide"), example)),
    panel("Routes as they would be", editor.element)));
  main.append(head(title, el("p", { class: "soft" }, "No provider is called, nothing is saved, and nothing of it is logged.")), form, result);
  result.append(empty("Nothing was asked yet", el("p", {}, "Write what a user would say, and see which route it takes and by how much.")));
  kind.addEventListener("change", () => said.classList.toggle("mono", kind.value.startsWith("/")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const asked = question(kind.value, said.value);
      const answer = await api("/api/playground", { method: "POST", body: { ...asked, edits: editor.edits() }, signal });
      result.replaceChildren(...(answer.prompts ? many(asked.prompts, answer.prompts, editor.edits().length) : outcome(answer, asked.prompt)));
    } catch (error) {
      if (error.name !== "AbortError") result.replaceChildren(wrong(error.message));
    }
  });
}

const sample = (kind) => typeof KINDS[kind][1] === "string" ? KINDS[kind][1] : JSON.stringify(KINDS[kind][1], null, 2);

function question(kind, text) {
  if (kind === "prompt") return { prompt: text };
  if (kind === "prompts") {
    const prompts = text.split("\n").map((line) => line.trim()).filter(Boolean);
    if (prompts.length > MOST) throw new Error(`There are ${prompts.length} prompts; the most is ${MOST}.`);
    return { prompts };
  }
  try {
    return { path: kind, body: JSON.parse(text) };
  } catch (error) {
    throw new Error(`The body is not JSON: ${error.message}`);
  }
}

// What was changed of the routes. Several may be edited at once.
class Editor {
  constructor(routes, threshold) {
    this.routes = routes;
    this.threshold = threshold;
    this.changed = new Map();
    this.choice = el("select", { id: "route", change: () => this.open() }, el("option", { value: "" }, "as configured"), routes.map((route) => el("option", { value: route.name }, route.name)));
    this.fields = el("div");
    this.note = el("p", { class: "hint", role: "status" });
    this.reset = el("button", { type: "button", hidden: true, click: () => { this.changed.clear(); this.open(); this.tell(); } }, "Discard the edits");
    this.element = el("div", {}, el("label", { for: "route" }, "Edit a route"), this.choice, this.note, this.fields, this.reset);
    this.tell();
  }

  open() {
    const route = this.routes.find((one) => one.name === this.choice.value);
    if (!route) { this.fields.replaceChildren(); return; }
    const now = { ...route, ...this.changed.get(route.name) };
    const note = () => { this.changed.set(route.name, this.read()); this.tell(); };
    const description = el("textarea", { id: "description", rows: 3, input: note }, now.description);
    const threshold = el("input", { id: "threshold", type: "number", min: 0, max: 1, step: 0.01, value: now.threshold ?? "", placeholder: `${this.threshold} (shared)`, input: note });
    const examples = el("textarea", { id: "examples", rows: 4, input: note }, now.examples.join("\n"));
    this.inputs = { description, threshold, examples };
    this.fields.replaceChildren(el("label", { for: "description" }, "Description"), description, el("label", { for: "threshold" }, "Threshold, from 0 to 1"), threshold,
      el("label", { for: "examples" }, "Examples, one a line"), examples);
  }

  read() {
    const { description, threshold, examples } = this.inputs;
    return { description: description.value, threshold: threshold.value === "" ? null : Number(threshold.value), examples: examples.value.split("\n").map((line) => line.trim()).filter(Boolean) };
  }

  tell() {
    const names = [...this.changed.keys()];
    this.note.textContent = names.length ? `Edited: ${names.join(", ")}. To keep it, write it into config.yaml.` : "See what a change would flip before you save it.";
    this.reset.hidden = !names.length;
  }

  edits() { return [...this.changed].map(([name, edit]) => ({ name, ...edit })); }
}

function many(prompts, decided, edited) {
  const flips = decided.filter((one) => one.now !== one.edited).length;
  const heads = [["prompt"], ["as configured"], ...(edited ? [["as edited"], [""]] : [])];
  return [el("p", { class: flips ? "warn" : "soft" }, edited ? `${flips} of ${prompts.length} flip.` : "Edit a route to see which of them flip."),
    el("div", { class: "panel" }, table("Decisions", heads, prompts.map((text, at) => el("tr", {}, el("th", { scope: "row", class: "wrap" }, text), cell(decided[at].now ?? "no route"),
      edited ? [cell(decided[at].edited ?? "no route"), cell(decided[at].now === decided[at].edited ? "" : badge("flips", "warn"))] : null))))];
}

function outcome({ now, edited }, prompt) {
  const same = edited && now.route === edited.route;
  return [edited ? el("p", { class: same ? "soft" : "warn" }, same ? "The edit does not change this decision." : `The edit changes the decision: ${now.route ?? "no route"} → ${edited.route ?? "no route"}.`) : null,
    el("div", { class: "two" }, column("As configured", now), edited ? column("As edited", edited) : null),
    prompt ? panel("Wrong route?", labelForm({ text: prompt, route: now.route })) : null].filter(Boolean);
}

function column(heading, { route, model, explain }) {
  return panel(`${heading}: ${route ?? "no route matches"}`,
    el("p", { class: "soft" }, model ? `${model} would serve` : "the model that the request names, or the default, would serve",
      explain.margin === null ? "" : `; ${explain.runner_up} is ${score(explain.margin)} behind`, `; decided by ${explain.decided_by}`),
    ...meters(explain.routes.map((row) => ({ ...row, route: row.name })), route),
    explain.flips_at === null || explain.flips_at === undefined ? null : el("p", { class: "soft" }, `The decision turns at a threshold of ${score(explain.flips_at)}.`),
    explain.nearest_example ? el("p", { class: "soft" }, `Nearest example: number ${explain.nearest_example.index + 1} of ${explain.nearest_example.route}, ${explain.nearest_example.similarity.toFixed(2)} alike`) : null,
    ...explain.skipped.map((one) => el("p", { class: "soft" }, `${one.stage} did not decide: ${one.reason}`)));
}
