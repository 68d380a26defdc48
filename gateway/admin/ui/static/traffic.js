// Traffic: the last requests summed up.
import { api, cell, clock, count, el, empty, milliseconds, money, percent, svg, table } from "/ui/common.js";

export const title = "Traffic";

export async function show(main, signal) {
  const data = await api("/api/traffic", { signal });
  if (!data.requests) { main.append(empty("No requests yet, so there is nothing to sum up.")); return; }
  const saved = data.baseline - data.cost;
  const cards = [["requests", count(data.requests)], ["errors", percent(data.errors, data.requests)], ["pinned", percent(data.pinned, data.requests)],
    ["tokens in / out", `${count(data.tokens.input)} / ${count(data.tokens.output)}`], ["cost", money(data.cost)],
    ["saved against the baseline", `${money(saved)}${data.baseline ? ` (${percent(Math.max(0, saved), data.baseline)})` : ""}`],
    ["without a known price", count(data.unpriced)]];
  main.append(el("p", { class: "soft" }, `Over the last ${count(data.requests)} requests that this process remembers, ${clock(data.over_time[0].at)} to now.`),
    el("div", { class: "grid" }, cards.map(([name, value]) => el("div", { class: "card" }, el("b", {}, value), el("span", {}, name)))),
    el("h3", {}, "Requests over time"), chart(data.over_time, "requests", "errors", count),
    el("h3", {}, "Cost over time, and the baseline as a line"), chart(data.over_time, "cost", null, money, "baseline"),
    el("div", { class: "two" }, shares("By route", data.routes, data.requests), shares("By model", data.models, data.requests),
      data.callers.length ? shares("By caller", data.callers, data.requests) : null, latencies(data)));
}

function shares(caption, rows, whole) {
  return table(caption, [["name"], ["requests", "n"], ["share", "n"]],
    rows.map((row) => el("tr", {}, cell(row.name), cell(count(row.requests), "n"), cell(percent(row.requests, whole), "n"))));
}

function latencies({ latency, ttft }) {
  const row = (name, of) => el("tr", {}, cell(name), ...["p50", "p95", "p99"].map((key) => cell(of ? milliseconds(of[key]) : null, "n")));
  return table("Latency", [["of"], ["p50", "n"], ["p95", "n"], ["p99", "n"]], [row("whole request", latency), row("first token", ttft)]);
}

function chart(parts, main, over, shown, line) {
  const top = Math.max(...parts.map((part) => Math.max(part[main], line ? part[line] : 0))) || 1;
  const width = 600 / parts.length;
  const y = (value) => 100 - 95 * value / top;
  const label = `${main} in ${parts.length} equal parts of time, at most ${shown(top)} in one`;
  const drawing = svg("svg", { class: "chart", viewBox: "0 0 600 100", preserveAspectRatio: "none", role: "img", "aria-label": label },
    parts.map((part, at) => svg("rect", { class: "bars", x: at * width + 1, width: Math.max(1, width - 2), y: y(part[main]), height: 100 - y(part[main]) })),
    over ? parts.map((part, at) => svg("rect", { class: "errors", x: at * width + 1, width: Math.max(1, width - 2), y: y(part[over]), height: 100 - y(part[over]) })) : null,
    line ? svg("polyline", { class: "base", points: parts.map((part, at) => `${at * width + width / 2},${y(part[line])}`).join(" ") }) : null);
  const highest = Math.max(...parts.map((part) => part[main])) ? `at most ${shown(top)} in one part` : "none";
  return el("figure", {}, drawing, el("figcaption", {}, el("span", {}, clock(parts[0].at)), el("span", {}, highest), el("span", {}, clock(parts.at(-1).at))));
}
