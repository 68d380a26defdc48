// As much of a document as the page's modules touch, for QuickJS: elements that can be read as text, and an API that the
// test answers (`respond`).
globalThis.Intl = { NumberFormat: class { format(value) { return String(value); } } };
class Element {
  constructor(name) { this.name = name; this.children = []; this.attributes = {}; this.listeners = {}; this.dataset = {}; this.style = {};
    this.classList = { toggle() {}, add() {}, remove() {} }; this.value = ""; this.clientWidth = 600; this.clientHeight = 200; }
  setAttribute(key, value) { this.attributes[key] = String(value); if (key === "value") this.value = String(value); if (key === "id") ids[value] = this;
    if (key.startsWith("data-")) this.dataset[key.slice(5)] = String(value); if (key === "open") this.open = true; }
  getAttribute(key) { return this.attributes[key] ?? null; }
  addEventListener(kind, listener) { (this.listeners[kind] ??= []).push(listener); }
  fire(kind, event = {}) { return (this.listeners[kind] ?? []).map((each) => each({ preventDefault() {}, ...event })); }
  append(...parts) { this.children.push(...parts); }
  prepend(...parts) { this.children.unshift(...parts); }
  replaceChildren(...parts) { this.children = parts; }
  remove() {} focus() {} scrollIntoView() {}
  getBoundingClientRect() { return { top: 0, left: 0 }; }
  get isConnected() { return true; }
  set textContent(text) { this.children = [text]; }
  get textContent() { return this.children.map((each) => each?.textContent ?? String(each)).join(" "); }
  all(found = []) { for (const each of this.children) if (each instanceof Element) { found.push(each); each.all(found); } return found; }
  querySelectorAll() { return []; }
  querySelector(what) { return this.all().find((each) => what === each.name || what === "." + each.attributes.class) ?? null; }
}
const ids = {};
const stores = {};
globalThis.document = { createElement: (name) => new Element(name), createElementNS: (_, name) => new Element(name), getElementById: (id) => ids[id] ??= new Element("x"), activeElement: null, hidden: true };
globalThis.sessionStorage = { getItem: (key) => stores[key] ?? null, setItem: (key, value) => { stores[key] = value; } };
globalThis.ResizeObserver = class { constructor(draw) { this.draw = draw; } observe() { this.draw(); } };
globalThis.setTimeout = () => 0; globalThis.clearTimeout = () => {};
globalThis.URLSearchParams = class { constructor(all) { this.all = all; } toString() { return Object.entries(this.all).map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&"); } };
globalThis.TextDecoderStream = class {};
globalThis.signal = { aborted: false, addEventListener() {} };
globalThis.asked = [];
globalThis.fetch = async (path, { method = "GET", body } = {}) => {
  asked.push(`${method} ${path}${body ? " " + body : ""}`);
  const answer = JSON.parse(respond(path));
  if (answer === null) return new Promise(() => {});
  return { ok: !answer.error, status: answer.error?.status ?? 200, json: async () => answer };
};
globalThis.modules = {};
globalThis.Element = Element;
