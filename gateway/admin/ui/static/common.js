// What views share: elements, the API, tables.
const FEW = 6;
const SVG = "http://www.w3.org/2000/svg";

export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false).map((child) => typeof child === "number" ? String(child) : child));
  return element;
}

export function say(text, kind = "good") {
  const state = document.getElementById("state");
  state.textContent = text;
  state.className = kind;
}

export function headers(more = {}) {
  const token = sessionStorage.getItem("token");
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
}

export async function api(path, { method = "GET", body, signal } = {}) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: headers({ "Content-Type": "application/json" }) };
  const answer = await fetch(path, { method, signal, headers: headers(), ...sent }).catch((error) => {
    throw error.name === "AbortError" ? error : new Error("the gateway does not answer");
  });
  const parsed = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw Object.assign(new Error(parsed.error?.message ?? `${path} answered ${answer.status}`), { status: answer.status });
  }
  return parsed;
}

// Call `work` now and every so many seconds while the view is shown; not while the page is hidden.
export async function repeat(seconds, signal, work) {
  await work();
  let failed = false;
  const told = (error) => { if (error.name !== "AbortError") { failed = true; say(error.message, "bad"); } };
  const well = () => { if (failed) { failed = false; say("the gateway answers again"); } };
  const again = async () => {
    if (!document.hidden) await work().then(well, told);
    if (!signal.aborted) timer = setTimeout(again, 1000 * seconds);
  };
  let timer = setTimeout(again, 1000 * seconds);
  signal.addEventListener("abort", () => clearTimeout(timer));
}

// Show other children, and keep what has the keyboard's focus, what was unfolded and how far tables were scrolled: what
// has the same `data-key` before and after.
export function swap(body, ...children) {
  const keyed = () => [...body.querySelectorAll("[data-key]")];
  const before = new Map(keyed().map((one) => [one.dataset.key, { focused: one === document.activeElement, left: one.scrollLeft }]));
  body.replaceChildren(...children);
  for (const one of keyed()) {
    const was = before.get(one.dataset.key);
    if (was?.focused) one.focus({ preventScroll: true });
    if (was?.left) one.scrollLeft = was.left;
  }
}

// `heads` are [text, class].
export function table(caption, heads, rows, kind = null) {
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption, "data-key": caption },
    el("table", { class: kind }, el("caption", {}, caption),
      el("thead", {}, el("tr", {}, heads.map(([text, type]) => el("th", { class: type ?? null, scope: "col" }, text)))),
      el("tbody", {}, rows)));
}

export const cell = (content, kind) => el("td", { class: kind ?? null }, content ?? "–");
// A cell that is cut off where it is long, and then tells all of it to whoever points at it.
export const label = (content, kind = "name") => el("td", { class: kind, title: content ?? null }, content ?? "–");
export const named = (content) => el("th", { scope: "row" }, content);
export const badge = (text, kind = "") => el("span", { class: `badge ${kind}` }, text);
export const empty = (title, ...more) => el("div", { class: "empty" }, el("strong", {}, title), ...more);
export const panel = (title, ...children) => el("section", { class: "panel" }, title ? el("h3", {}, title) : null, ...children);
export const head = (title, ...more) => el("div", { class: "head" }, el("h2", {}, title), ...more);
export const wrong = (message) => el("p", { class: "bad", role: "alert" }, message);

export function tiles(entries) {
  return el("div", { class: entries.length === 8 ? "tiles eight" : "tiles" }, entries.filter(Boolean).map(([name, figure, more]) => el("dl", { class: "tile" },
    el("dt", {}, name), el("dd", { class: "figure" }, figure), el("dd", { class: "more" }, more ?? ""))));
}

export function facts(entries) {
  const known = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el("dl", { class: "facts" }, known.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

// A word for machines, and a button that copies it where the browser lets pages do so: on localhost and over HTTPS.
export function copied(text) {
  const copy = el("button", { type: "button", class: "copy", "aria-label": `Copy ${text}`,
    click: () => navigator.clipboard.writeText(text).then(() => say("copied"), () => say("the browser did not let this page copy", "bad")) }, "Copy");
  return [el("code", {}, text), globalThis.navigator?.clipboard ? copy : null];
}

// A part of a whole as a bar, for a cell of a table. The number stands beside it.
export function bar(part, whole, kind = "won") {
  const width = whole ? Math.max(0, Math.min(100, 100 * part / whole)) : 0;
  return svg("svg", { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "trough", width: 100, height: 10, rx: 2 }), svg("rect", { class: `fill ${kind}`, width, height: 10, rx: 2 }));
}

// A score between 0 and 1 as a bar, with the threshold as a line across it.
function meter({ route, score, threshold }, won) {
  const label = `${route}: score ${score.toFixed(3)}, threshold ${threshold.toFixed(3)}`;
  return el("div", { class: won ? "meter won" : "meter" }, el("span", { class: "name" }, won ? `✓ ${route}` : route),
    svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": label },
      svg("rect", { class: "trough", width: 100, height: 10 }),
      svg("rect", { class: won ? "fill won" : "fill", y: 1.5, width: 100 * score, height: 7 }),
      svg("line", { class: "mark", x1: 100 * threshold, x2: 100 * threshold, y1: 0, y2: 10, "vector-effect": "non-scaling-stroke" })),
    el("span", { class: "n" }, score.toFixed(3)));
}

// The best few of the scores, and the others folded away: with twenty routes they would hide what comes after them.
export function meters(scores, route) {
  const shown = scores.map((row) => meter(row, row.route === route));
  const rest = shown.length > FEW + 1 ? shown.splice(FEW) : [];
  return [...shown, rest.length ? el("details", {}, el("summary", {}, `${rest.length} more routes`), rest) : null];
}

// What several workers say of themselves, one after the other.
export const each = (answer) => answer.workers ?? [answer];
