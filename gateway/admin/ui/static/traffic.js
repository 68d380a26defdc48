// Traffic: a span of time summed up, from the decision log where there is one, else of the last requests.
import { api, bar, cell, el, empty, head, named, repeat, swap, table, tiles } from "/ui/common.js";
import { compact, cost, count, milliseconds, money, percent, since as begun } from "/ui/format.js";
import { timeChart } from "/ui/charts.js";

export const title = "Traffic";
const SPANS = { "15m": "15 min", "1h": "1 hour", "24h": "24 hours", "7d": "7 days", "30d": "30 days" };
const SECONDS = 10;

export async function show(main, signal) {
  const body = el("div", { class: "stack" });
  const note = el("p", { class: "soft", role: "status" });
  let span = sessionStorage.getItem("span") ?? "1h";
  const choice = el("fieldset", { class: "segments end" }, el("legend", { class: "skip" }, "Span of time"), Object.entries(SPANS).map(([value, text]) => {
    const input = el("input", { type: "radio", name: "span", value, checked: value === span });
    input.addEventListener("change", () => { sessionStorage.setItem("span", span = value); return draw(); });
    return el("label", {}, input, el("span", {}, text));
  }));
  main.append(head(title, note, choice), body);
  let drawn = null;
  const draw = async () => {
    const asked = span;
    if (drawn === asked && body.querySelector(".plot:hover")) return; // somebody reads it
    const data = await api(`/api/traffic?span=${asked}`, { signal });
    if (asked !== span) return;
    choice.hidden = data.source !== "log";
    note.textContent = source(data);
    const open = [...body.querySelectorAll("[data-chart][open]")].map((values) => values.dataset.chart);
    swap(body, ...(data.totals.requests ? view(data, open) : [nothing(data)]));
    drawn = asked;
  };
  await repeat(SECONDS, signal, draw);
}

function source(data) {
  if (data.source === "log") return "From the decision log.";
  return `${data.note ?? "There is no decision log that can be read here"}: these are the last ${count(data.totals.requests)} requests that are remembered.`;
}

function nothing(data) {
  const why = data.source === "log" ? "The decision log has no request of this time." : "It fills as requests come. With a decision log, it reaches back for days:";
  return empty("Nothing to sum up yet", el("p", {}, why), data.source === "log" ? null : el("pre", {}, "decision_log: {}   # in config.yaml"));
}

function view(data, open) {
  const { totals, step } = data;
  const steps = data.steps.map((each) => ({ ...each, ok: each.requests - each.errors, base: each.baseline || null, p50: each.duration?.p50 ?? null, p95: each.duration?.p95 ?? null,
    first50: each.ttft?.p50 ?? null, first95: each.ttft?.p95 ?? null }));
  const chart = (name, format, ...series) => timeChart({ title: name, open: open.includes(name), steps, step, format, series: series.map(([key, label, kind, colour]) => ({ key, label, kind, colour })) });
  return [summary(data), el("div", { class: "charts" },
    chart("Requests", compact, ["ok", "answered", "bar", "c1"], ["errors", "errors", "bar", "fault"]),
    chart("Cost", money, ["cost", "cost", "bar", "c1"], ["base", "on the baseline", "line", "base"]),
    chart("Time to answer", milliseconds, ["p50", "median", "line", "c1"], ["p95", "95th percentile", "line", "c2"]),
    chart("First token", milliseconds, ["first50", "median", "line", "c1"], ["first95", "95th percentile", "line", "c2"]),
    chart("Tokens", compact, ["input_tokens", "in", "bar", "c1"], ["output_tokens", "out", "bar", "c3"]),
    decided(data)),
  shares("Routes", data.names.route, totals, "no route"), shares("Models", data.names.model, totals, "none"), ...callers(data),
  totals.estimated ? el("p", { class: "soft" }, `Of ${count(totals.estimated)} requests the tokens are estimated, since the provider did not tell them all.`) : null,
  data.sampled < data.total ? el("p", { class: "soft" }, `Times are those of a sample: ${count(data.sampled)} of ${count(data.total)} requests, evenly spread.`) : null].filter(Boolean);
}

function summary({ totals, duration, ttft, decided_by: by, sampled, since, step }) {
  const saved = !totals.baseline ? "no baseline" : `${totals.saved < 0 ? "over" : `${percent(totals.saved, totals.baseline)} of`} ${money(totals.baseline)}`;
  return tiles([["Requests", compact(totals.requests), `since ${begun(since, step)}`], ["Errors", percent(totals.errors, totals.requests), `${count(totals.errors)} requests`],
    ["Cost", cost(totals), totals.unknown ? `${count(totals.unknown)} unpriced` : "all prices known"],
    ["Saved", money(totals.saved), saved], ["Tokens", compact(totals.input_tokens + totals.output_tokens), `${compact(totals.input_tokens)} in, ${compact(totals.output_tokens)} out`],
    ["Time to answer", milliseconds(duration?.p50), duration ? `95 % in ${milliseconds(duration.p95)}` : ""],
    ["First token", milliseconds(ttft?.p50), ttft ? `95 % in ${milliseconds(ttft.p95)}` : "none yet"],
    ["Pinned", percent(by.pin ?? 0, sampled), "kept a decision"]]);
}

const WORDS = { embedded: "the embedded classifier", llm: "an LLM", pin: "an earlier decision", none: "no route matched", nothing: "no decision was needed" };

function decided({ decided_by: by, sampled }) {
  const rows = Object.entries(by).sort((one, other) => other[1] - one[1]);
  return el("div", { class: "panel" }, table("Decided by", [["who"], ["share", "n"]],
    rows.map(([name, number]) => el("tr", {}, named(WORDS[name] ?? name), cell([bar(number, sampled), percent(number, sampled)], "n")))));
}

function shares(caption, { rows, more }, totals, nameless) {
  const heads = [["name"], ["requests", "n"], ["share", "n"], ["errors", "n"], ["tokens in", "n extra"], ["tokens out", "n extra"], ["cost", "n"], ["saved", "n extra"]];
  return el("div", { class: "panel" }, table(caption, heads, rows.map((row) => el("tr", {}, named(row.name || nameless), cell(count(row.requests), "n"),
    cell([bar(row.requests, totals.requests), percent(row.requests, totals.requests)], "n"), cell(row.errors ? percent(row.errors, row.requests) : "–", "n"),
    cell(compact(row.input_tokens), "n extra"), cell(compact(row.output_tokens), "n extra"), cell(cost(row), "n"), cell(money(row.saved), "n extra")))),
  more ? el("p", { class: "soft" }, `and ${count(more)} more`) : null);
}

function callers({ names, totals }) {
  return names.caller.rows.some((row) => row.name) ? [shares("Callers", names.caller, totals, "without a key")] : [];
}
