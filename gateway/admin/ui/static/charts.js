// A chart over time: bars that stand on one another, lines, or both, with axes, a legend, the values under the pointer,
// and the same as a table, which `open` shows from the start. `series` are {key, label, kind: "bar" | "line", colour}; a
// value that is null is a gap.
import { cell, el, named, svg, table } from "/ui/common.js";
import { marked, tick, ticks } from "/ui/format.js";

const LEFT = 56, RIGHT = 8, TOP = 8, BOTTOM = 22;

export function timeChart({ title, steps, step, series, format, open = false }) {
  const box = el("div", { class: "plot" });
  const legend = el("ul", { class: "legend" }, series.map((one) => el("li", { class: `${one.colour} ${one.kind === "line" ? "line" : "block"}` }, one.label)));
  const values = el("details", { open, "data-chart": title }, el("summary", { "data-key": `values ${title}` }, "Values"));
  values.addEventListener("toggle", () => values.open && values.children.length === 1 && values.append(asTable(title, steps, step, series, format)));
  const draw = () => box.replaceChildren(...drawn({ title, steps, step, series, format }, box.clientWidth, box.clientHeight));
  new ResizeObserver(draw).observe(box);
  return el("figure", { class: "chart panel" }, el("figcaption", {}, el("h3", {}, title), legend), box, values);
}

function drawn({ title, steps, step, series, format }, width, height) {
  if (!width) return [];
  const bars = series.filter((one) => one.kind === "bar");
  const lines = series.filter((one) => one.kind === "line");
  const stacked = (each) => bars.reduce((sum, one) => sum + (each[one.key] ?? 0), 0);
  const top = Math.max(0, ...steps.map((each) => Math.max(stacked(each), ...lines.map((one) => each[one.key] ?? 0))));
  const marks = ticks(top);
  const written = marked(marks, format);
  const wide = (width - LEFT - RIGHT) / steps.length;
  const x = (at) => LEFT + wide * (at + 0.5);
  const y = (value) => height - BOTTOM - (height - TOP - BOTTOM) * value / marks.at(-1);
  const summary = top ? `${title}: ${steps.length} steps, the highest ${format(top)}` : `${title}: nothing in this time`;
  const picture = svg("svg", { role: "img", "aria-label": summary },
    top ? marks.map((value, at) => [svg("line", { class: value ? "rule" : "rule axis", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
      svg("text", { x: LEFT - 8, y: y(value) + 4, "text-anchor": "end" }, written[at])])
      : svg("text", { class: "nothing", x: width / 2, y: height / 2, "text-anchor": "middle" }, "Nothing in this time"),
    labels(steps, step, width).map((at) => svg("text", { x: x(at), y: height - 5, "text-anchor": "middle" }, tick(steps[at].at, step))),
    steps.map((each, at) => stack(each, bars, x(at), wide, y)),
    lines.flatMap((one) => runs(steps, one.key).map((run) => run.length === 1
      ? svg("circle", { class: one.colour, cx: x(run[0]), cy: y(steps[run[0]][one.key]), r: 3 })
      : svg("polyline", { class: one.colour, points: run.map((at) => `${x(at)},${y(steps[at][one.key])}`).join(" ") }))));
  if (top) point(picture, { steps, step, series, format, x, wide, width, height });
  return picture.tip ? [picture, picture.tip] : [picture];
}

function stack(each, bars, middle, wide, y) {
  let low = 0;
  return bars.map((one) => {
    const value = each[one.key] ?? 0;
    const from = y(low), to = y(low += value);
    return value ? svg("rect", { class: one.colour, x: middle - 0.4 * wide, width: Math.max(1, 0.8 * wide), y: to, height: Math.max(0.5, from - to) }) : null;
  });
}

// The steps at which a label of some 70 pixels has room.
function labels(steps, step, width) {
  const room = step > 3600 && step < 86400 ? 110 : 70;
  const every = Math.max(1, Math.ceil(steps.length / Math.max(1, Math.floor((width - LEFT) / room))));
  return steps.map((_, at) => at).filter((at) => (at + Math.ceil(every / 2)) % every === 0);
}

// Steps that follow one another and have a value.
function runs(steps, key) {
  const found = [];
  steps.forEach((each, at) => {
    if (each[key] === null || each[key] === undefined) return;
    if (found.length && found.at(-1).at(-1) === at - 1) found.at(-1).push(at); else found.push([at]);
  });
  return found;
}

// Show the values of the step under the pointer.
function point(picture, { steps, step, series, format, x, wide, width, height }) {
  const tip = picture.tip = el("div", { class: "tip", hidden: true });
  const cursor = svg("line", { class: "cursor", y1: TOP, y2: height - BOTTOM, visibility: "hidden" });
  picture.append(cursor);
  picture.addEventListener("pointermove", (event) => {
    const at = Math.floor((event.clientX - picture.getBoundingClientRect().left - LEFT) / wide);
    if (!(at >= 0 && at < steps.length)) { leave(); return; }
    tip.replaceChildren(el("b", {}, tick(steps[at].at, step)), ...series.map((one) => el("div", {}, `${one.label}: ${steps[at][one.key] === null ? "–" : format(steps[at][one.key])}`)));
    tip.hidden = false;
    tip.style.left = `${Math.max(0, Math.min(x(at) + 10, width - tip.offsetWidth))}px`;
    for (const side of ["x1", "x2"]) cursor.setAttribute(side, x(at));
    cursor.setAttribute("visibility", "visible");
  });
  const leave = () => { tip.hidden = true; cursor.setAttribute("visibility", "hidden"); };
  picture.addEventListener("pointerleave", leave);
}

function asTable(title, steps, step, series, format) {
  return table(title, [["from"], ...series.map((one) => [one.label, "n"])], steps.map((each) => el("tr", {}, named(tick(each.at, step)),
    series.map((one) => cell(each[one.key] === null || each[one.key] === undefined ? null : format(each[one.key]), "n")))));
}
