// Routes: what is configured, how often each was chosen, how well it is told apart, and what to label.
import { api, badge, bar, el, empty, facts, head, wrong } from "/ui/common.js";
import { ago, count, moment, percent, score } from "/ui/format.js";
import { forget, labelForm, takeBack } from "/ui/labels.js";

export const title = "Routes";

export async function show(main, signal) {
  forget();
  const [data, uncertain, labelled] = await Promise.all([api("/api/routes", { signal }), api("/api/uncertain", { signal }), api("/api/labels", { signal }).catch(() => null)]);
  if (!data.routes.length) {
    main.append(head(title), empty("No routes are configured", el("p", {}, "A route says in plain words which requests belong to it, and which model serves them:"),
      el("pre", {}, "routing_preferences:\n  - name: code\n    description: writing code, functions or scripts\n    models: [openai/gpt-4o]")));
    return;
  }
  const routes = el("ul", { class: "routes" }, data.routes.map((route) => card(route, data)));
  const labels = el("section", { class: "panel" });
  const draw = (found) => labels.replaceChildren(el("h3", {}, "Labels"), ...labelList(found, again));
  const again = async () => {
    const [now, found] = await Promise.all([api("/api/routes", { signal }), api("/api/labels", { signal })]);
    routes.replaceChildren(...now.routes.map((route) => card(route, now)));
    draw(found);
  };
  main.append(head(title, el("p", { class: "soft" }, `Decided by ${data.classifier}; where none matches, ${data.default ?? "the model that the request names"} serves.`),
    el("a", { class: "end", href: "#playground" }, "Try a change in the playground")), tested(data.test), routes,
  el("section", { class: "panel" }, el("h3", {}, "Least certain decisions"), ...uncertainList(uncertain, again)), labels);
  draw(labelled);
}

function card(route, data) {
  const test = data.test?.routes?.[route.name];
  return el("li", { class: "panel route" }, el("h3", {}, route.name),
    el("p", {}, route.description),
    facts([["models", route.models.join(" → ")], ["threshold", `${route.threshold ?? data.threshold}${route.threshold === null ? " (shared)" : ""}`],
      ["examples", `${count(route.examples.length)}${route.examples_file ? ` in ${route.examples_file}` : ""}`],
      ["share", data.requests ? [bar(route.requests, data.requests), `${percent(route.requests, data.requests)}: ${count(route.requests)} ${route.requests === 1 ? "decision" : "decisions"}`] : "no decision since the start"],
      ["precision", test ? figure(test.precision, test.support, "of what came here belonged here") : null], ["recall", test ? figure(test.recall, test.support, "of what belongs here came here") : null]]));
}

const figure = (value, support, words) => value === null ? `– (${count(support)} cases)` : `${percent(value, 1)} ${words}`;

function tested(test) {
  if (!test) return el("p", { class: "soft" }, "How well routes are told apart is shown here once ", el("code", {}, "admin.test_results"), " names a file and ", el("code", {}, "pointsman test"), " has run.");
  if (test.error) return wrong(test.error);
  if (test.missing) return el("p", { class: "soft" }, "There was no test yet: ", el("code", {}, "pointsman test"), " leaves its figures here.");
  return el("p", {}, badge(test.ok ? "gates hold" : "gates fail", test.ok ? "good" : "bad"), ` Last test ${ago(test.at)}: ${percent(test.accuracy, 1)} of ${count(test.count)} cases right`,
    test.flips === null ? null : `, ${percent(test.flips, 1)} flip under noise`, test.changed ? [". ", badge("routes have changed since", "warn")] : ".");
}

function uncertainList({ source, decisions }, done) {
  if (!decisions.length) return [el("p", { class: "soft" }, "No decision was made by scores yet. Those that a small change would turn appear here, to be labelled.")];
  const where = source === "log" ? "Of the decision log" : "Of the last requests";
  return [el("p", { class: "soft" }, `${where}: the least change of a score would turn these. A label makes the prompt an example of its route.`),
    el("ul", { class: "items" }, decisions.slice(0, 8).map((one) => el("li", { class: "item" }, el("div", {},
      one.text ? el("p", { class: "said" }, one.text) : el("p", { class: "said soft" }, "What was said is not stored."),
      el("p", { class: "soft" }, `${moment(one.at)} · decided: `, el("b", {}, one.route ?? "no route"), ` · margin ${score(one.margin)} · ${best(one)}`)),
    fold("Label it", () => labelForm({ text: one.text, route: one.route, decision: one.id, done })))))];
}

const best = (one) => one.scores.slice(0, 2).map((row) => `${row.route} ${score(row.score)} (needs ${row.threshold})`).join(", ");

function fold(summary, content) {
  const more = el("details", {}, el("summary", {}, summary));
  more.addEventListener("toggle", () => more.open && more.children.length === 1 && more.append(content()));
  return more;
}

function labelList(found, again) {
  if (!found) return [el("p", { class: "soft" }, "This process has no file to label in.")];
  if (!found.count) return [el("p", { class: "soft" }, "None yet. A label is a line in the file that a route's ", el("code", {}, "examples"), " names; it can be taken back here.")];
  return [el("ul", { class: "items" }, found.labels.map((label) => {
    const told = el("span", { "aria-live": "polite" });
    const undo = el("button", { type: "button", "aria-label": `Take back: ${label.prompt.slice(0, 60)}`, click: () => takeBack(label).then(again, (error) => told.replaceChildren(wrong(error.message))) }, "Take it back");
    return el("li", { class: "item" }, el("div", {}, el("p", { class: "said" }, label.prompt), el("p", { class: "soft" }, el("b", {}, label.route), ` · ${moment(label.at)} · ${label.file}`)), el("div", {}, undo, told));
  })), found.count > found.labels.length ? el("p", { class: "soft" }, `and ${count(found.count - found.labels.length)} older ones`) : null].filter(Boolean);
}
