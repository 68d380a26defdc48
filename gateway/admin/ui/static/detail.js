// One request: what is known of it, why it went where it did, and a label for it.
import { badge, cell, copied, el, facts, meters, named, table } from "/ui/common.js";
import { count, milliseconds, money, when } from "/ui/format.js";
import { labelForm } from "/ui/labels.js";

export function detail(request) {
  const decision = request.decision;
  const kind = request.status >= 500 ? "bad" : request.status >= 400 ? "warn" : "good";
  return [el("h3", {}, `Request of ${when(request.at)} `, badge(request.status, kind)),
    request.text ? el("p", { class: "said" }, request.text) : null,
    facts([["route", decision ? decision.route ?? "none" : null], ["model", request.model], ["decided by", decision?.decided_by], ["took", milliseconds(request.ms)],
      ["first token", request.ttft_ms === null ? null : `after ${milliseconds(request.ttft_ms)}`],
      ["tokens", request.tokens ? `${count(request.tokens.input)} in, ${count(request.tokens.output)} out${request.usage_estimated ? ", some of it estimated: the provider did not say" : ""}` : null],
      ["cost", request.attempts.length ? cost(request) : null], ["caller", request.caller], ["session", request.session ? copied(request.session) : null],
      ["path", [request.method, request.path].filter(Boolean).join(" ")], ["trace", request.id ? copied(request.id) : null],
      ["error", request.error], ["reason", request.reason], ["broke off", request.broken], ["warnings", request.warnings.join("; ")]]),
    ...why(decision), ...attempts(request), ...label(request)].filter(Boolean);
}

function cost(request) {
  if (request.cost === null) return "no price is known";
  return request.baseline_cost === null ? money(request.cost) : `${money(request.cost)}; ${money(request.baseline_cost)} on the baseline`;
}

function why(decision) {
  if (!decision) return [];
  if (!decision.scores.length) return [el("h4", {}, "Why"), el("p", { class: "soft" }, unclassified(decision))];
  return [el("h4", {}, "Scores, and the threshold of each route"), ...meters(decision.scores, decision.route),
    el("p", { class: "soft" }, sentence(decision)),
    decision.candidates.length ? el("p", { class: "soft" }, `Candidates, best first: ${decision.candidates.join(", ")}`) : null, ...stages(decision)];
}

function unclassified(decision) {
  return decision.pinned || decision.decided_by === "pin" ? "An earlier decision of this session was kept; no classifier was asked." : `Decided by ${decision.decided_by}; no classifier was asked.`;
}

function sentence({ route, scores, margin, decided_by: by }) {
  const won = scores.find((row) => row.route === route);
  const other = scores.find((row) => row !== won);
  const parts = [won ? `${route} reached ${won.score.toFixed(3)}, and needed ${won.threshold.toFixed(3)}` : "No route reached its threshold",
    won && other ? `${other.route} is ${(won.score - other.score).toFixed(3)} behind` : null,
    margin === null ? (by === "llm" ? "an LLM had the last word" : null) : `a score that is ${margin.toFixed(3)} different would change it`];
  return `${parts.filter(Boolean).join("; ")}.`;
}

function stages(decision) {
  const taken = Object.entries(decision.elapsed_us);
  return [taken.length ? el("p", { class: "soft" }, `Stages: ${taken.map(([name, us]) => `${name} ${milliseconds(us / 1000)}`).join(", ")}`) : null,
    ...decision.skipped.map(([stage, reason]) => el("p", { class: "soft" }, `${stage} did not decide: ${reason}`))];
}

function attempts(request) {
  if (!request.attempts.length) return [];
  return [table(request.attempts.length > 1 ? "Attempts, in their order" : "The attempt", [["model"], ["outcome"], ["status", "n"], ["took", "n"]], request.attempts.map((one) => el("tr", {}, named(one.model),
      cell(badge(one.outcome, one.outcome === "ok" ? "good" : "bad")), cell(one.status, "n"), cell(milliseconds(one.ms), "n"))))];
}

function label(request) {
  if (!request.decision?.scores.length) return [];
  const more = el("details", {}, el("summary", {}, "Label it: say which route it belongs to"));
  more.addEventListener("toggle", () => more.open && more.children.length === 1 && more.append(labelForm({ text: request.text, route: request.decision.route })));
  return [el("h4", {}, "Wrong route?"), more];
}
