// What views share: elements, the API, numbers as people read them.
const SVG = "http://www.w3.org/2000/svg";

export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== false) element.setAttribute(key, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined).map((child) => typeof child === "number" ? String(child) : child));
  return element;
}

export function say(text) { document.getElementById("state").textContent = text; }

export function headers(more = {}) {
  const token = sessionStorage.getItem("token");
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
}

export async function api(path, { method = "GET", body, signal } = {}) {
  const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: headers({ "Content-Type": "application/json" }) };
  const answer = await fetch(path, { method, signal, headers: headers(), ...sent });
  const parsed = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw Object.assign(new Error(parsed.error?.message ?? `${path} answered ${answer.status}`), { status: answer.status });
  }
  return parsed;
}

export const count = (value) => Number(value).toLocaleString();
export const money = (value) => value === null || value === undefined ? "unknown"
  : value.toLocaleString(undefined, { style: "currency", currency: "USD", maximumFractionDigits: value && value < 0.1 ? 6 : 2 });
export const milliseconds = (value) => value === null || value === undefined ? "–" : value < 10 ? `${value.toFixed(2)} ms` : value < 10000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
export const percent = (part, whole) => whole ? `${(100 * part / whole).toFixed(part / whole < 0.1 ? 1 : 0)} %` : "–";
export const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString();

export function table(caption, heads, rows) {
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", { class: "soft" }, caption),
      el("thead", {}, el("tr", {}, heads.map(([text, kind]) => el("th", { class: kind ?? null, scope: "col" }, text)))),
      el("tbody", {}, rows)));
}

export function cell(content, kind) { return el("td", { class: kind ?? null }, content ?? "–"); }

export function empty(...content) { return el("p", { class: "empty" }, ...content); }

// A score between 0 and 1 as a bar, with the threshold as a line across it.
export function meter({ route, score, threshold }, won) {
  const label = `${route}: score ${score.toFixed(3)}, threshold ${threshold.toFixed(3)}`;
  return el("div", { class: "meter" }, el("span", {}, won ? `${route} ✓` : route),
    svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": label },
      svg("rect", { x: 0, y: 0, width: 100, height: 10, fill: "none", stroke: "currentColor", "stroke-width": 0.4 }),
      svg("rect", { class: won ? "fill won" : "fill", x: 0, y: 1, width: 100 * score, height: 8 }),
      svg("line", { class: "mark", x1: 100 * threshold, x2: 100 * threshold, y1: 0, y2: 10, "vector-effect": "non-scaling-stroke" })),
    el("span", {}, score.toFixed(3)));
}
