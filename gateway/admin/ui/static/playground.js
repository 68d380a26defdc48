// Playground: a prompt or a whole body, the decision about it, and what it would be with an edited route.
import { api, el, meter } from "/ui/common.js";

export const title = "Playground";

export async function show(main, signal) {
  const { routes, threshold } = await api("/api/routes", { signal });
  const said = el("textarea", { id: "said", rows: 5, spellcheck: "false" });
  const path = el("select", { id: "path" }, el("option", { value: "" }, "a prompt"),
    ...["/v1/chat/completions", "/v1/messages", "/v1/responses"].map((each) => el("option", { value: each }, `a body for ${each}`)));
  const name = el("select", { id: "route" }, el("option", { value: "" }, "no route"), ...routes.map((route) => el("option", { value: route.name }, route.name)));
  const editor = el("div");
  const result = el("section", { "aria-label": "The decision", "aria-live": "polite" });
  const form = el("form", {}, el("div", { class: "two" },
    el("div", {}, el("label", { for: "path" }, "What is sent"), path, el("label", { for: "said" }, "Its text"), said),
    el("div", {}, el("label", { for: "route" }, "Edit a route (nothing is saved)"), name, editor)),
    el("div", { class: "row" }, el("button", { class: "primary" }, "Decide")));
  main.append(form, result);

  name.addEventListener("change", () => {
    const route = routes.find((each) => each.name === name.value);
    editor.replaceChildren(...(route ? fields(route, threshold) : []));
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const asked = path.value ? { path: path.value, body: JSON.parse(said.value) } : { prompt: said.value };
      const answer = await api("/api/playground", { method: "POST", body: { ...asked, edits: edits(name.value) }, signal });
      result.replaceChildren(...outcome(answer));
    } catch (error) {
      result.replaceChildren(el("p", { class: "bad", role: "alert" }, error.message));
    }
  });
}

function fields(route, threshold) {
  return [el("label", { for: "description" }, "Description"), el("textarea", { id: "description", rows: 3 }, route.description),
    el("label", { for: "threshold" }, "Threshold (0 to 1)"), el("input", { id: "threshold", type: "number", min: 0, max: 1, step: 0.01, value: route.threshold ?? threshold ?? "", placeholder: "default" }),
    el("label", { for: "examples" }, "Examples, one a line"), el("textarea", { id: "examples", rows: 4 }, route.examples.join("\n"))];
}

function edits(name) {
  if (!name) return [];
  const value = (id) => document.getElementById(id).value;
  return [{ name, description: value("description"), ...(value("threshold") ? { threshold: Number(value("threshold")) } : {}), examples: value("examples").split("\n").map((line) => line.trim()).filter(Boolean) }];
}

function outcome({ now, edited }) {
  const parts = edited ? [el("p", { class: now.route === edited.route ? "soft" : "warn" },
    now.route === edited.route ? "The edit does not change this decision." : `The edit changes the decision: ${now.route ?? "no route"} → ${edited.route ?? "no route"}.`)] : [];
  const columns = [["As configured", now]];
  if (edited) columns.push(["As edited", edited]);
  parts.push(el("div", { class: "two" }, columns.map(([heading, decided]) => column(heading, decided))));
  return parts;
}

function column(heading, { route, model, explain }) {
  return el("div", {}, el("h3", {}, `${heading}: ${route ?? "no route matches"}`),
    el("p", { class: "soft" }, model ? `${model} would serve` : "the default, or the model that the request names, would serve",
      explain.margin === null ? "" : `; margin to ${explain.runner_up} ${explain.margin.toFixed(3)}`, `; decided by ${explain.decided_by}`),
    ...explain.routes.map((row) => meter({ route: row.name, score: row.score, threshold: row.threshold }, row.name === route)),
    explain.nearest_example ? el("p", { class: "soft" }, `Nearest example: number ${explain.nearest_example.index + 1} of ${explain.nearest_example.route}, ${explain.nearest_example.similarity.toFixed(2)} alike`) : null);
}
