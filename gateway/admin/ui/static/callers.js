// Callers: what each used, was refused, and has left.
import { api, badge, bar, cell, el, empty, head, named, repeat, swap, table } from "/ui/common.js";
import { compact, cost, count, date, money } from "/ui/format.js";

export const title = "Callers";
const HEADS = [["caller"], ["requests", "n"], ["tokens in", "n extra"], ["tokens out", "n extra"], ["cost", "n"], ["refused"], ["limits"], ["may use", "extra"]];
const REASONS = { 401: "no valid key", 402: "budget", 403: "not allowed", 404: "not found", 413: "too large", 429: "limit or budget", 400: "malformed", 503: "full" };

export async function show(main, signal) {
  const body = el("div", { class: "stack" });
  main.append(head(title, el("p", { class: "soft" }, "Counted since the start, in all workers; budgets by day and month in UTC.")), body);
  await repeat(5, signal, async () => {
    const { callers, without_key: nobody } = await api("/api/callers", { signal });
    swap(body, ...(callers.length ? [el("div", { class: "panel" }, table("Callers with a key", HEADS, [...callers].sort((one, other) => other.requests - one.requests).map(shown))), others(nobody)] : [nothing()]));
  });
}

function nothing() {
  return empty("Callers have no keys", el("p", {}, "Whoever reaches the gateway uses it. This makes a key, and prints what belongs into config.yaml:"),
    el("pre", {}, "pointsman keys new --name ann"));
}

function shown(caller) {
  return el("tr", {}, named([caller.name, caller.expired ? [" ", badge("expired", "bad")] : null, caller.expires && !caller.expired ? el("div", { class: "soft" }, `until ${date(caller.expires)}`) : null]),
    cell(count(caller.requests), "n"), cell(compact(caller.input_tokens), "n extra"), cell(compact(caller.output_tokens), "n extra"),
    cell([cost(caller), caller.unknown ? el("div", { class: "soft" }, `${count(caller.unknown)} without a price`) : null], "n"),
    cell(refused(caller.refused)), cell(limits(caller)), cell(allowed(caller), "extra wrap"));
}

function refused(counts) {
  const rows = Object.entries(counts);
  return rows.length ? rows.map(([status, number]) => el("div", {}, badge(status, "warn"), ` ${count(number)} `, el("span", { class: "soft" }, REASONS[status] ?? ""))) : "none";
}

function limits(caller) {
  if (!caller.limits) return el("span", { class: "warn" }, "the counters cannot be asked");
  const rows = caller.limits.map((one) => el("div", {}, bar(one.used, one.limit, one.used >= 0.9 * one.limit ? "high" : "won"),
    one.what === "usd" ? `${money(one.used)} of ${money(one.limit)}` : `${compact(one.used)} of ${compact(one.limit)} ${one.what}`,
    el("span", { class: "soft" }, ` a ${one.per}${one.model ? ` of ${one.model}` : ""}`)));
  if (caller.max_in_flight) rows.push(el("div", { class: "soft" }, `${count(caller.max_in_flight)} at once`));
  return rows.length ? rows : "none";
}

function allowed({ models, routes }) {
  if (!models && !routes) return "everything";
  return [models?.length ? models.join(", ") : null, routes?.length ? `routes ${routes.join(", ")}` : null].filter(Boolean).join("; ") || "nothing";
}

function others(nobody) {
  const number = Object.values(nobody.refused).reduce((sum, one) => sum + one, 0);
  return el("p", { class: "soft" }, number ? ["Without a valid key: ", Object.entries(nobody.refused).map(([status, times]) => [badge(status, "warn"), ` ${count(times)} ${times === 1 ? "time" : "times"} `])].flat(2) : "Nobody came without a valid key.");
}
