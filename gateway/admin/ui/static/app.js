// The frame of the page: which view is shown, and how the API is asked. Views are modules that export
// `title` and `show(main, signal)`; the signal tells them to stop when another view is shown.
import { api, el, say } from "/ui/common.js";
import * as live from "/ui/live.js";
import * as traffic from "/ui/traffic.js";
import * as routes from "/ui/routes.js";
import * as playground from "/ui/playground.js";
import * as providers from "/ui/providers.js";
import * as sessions from "/ui/sessions.js";
import * as configuration from "/ui/configuration.js";

const views = { live, traffic, routes, playground, providers, sessions, configuration };
const main = document.getElementById("main");
const nav = document.getElementById("nav");
let current = null;

for (const [name, view] of Object.entries(views)) {
  nav.append(el("li", {}, el("a", { href: `#${name}` }, view.title)));
}

async function show() {
  const name = location.hash.slice(1).split("/")[0] || "live";
  const view = views[name] ?? live;
  current?.abort();
  current = new AbortController();
  for (const link of nav.querySelectorAll("a")) {
    link.hash === `#${name}` ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
  document.title = `${view.title} · Pointsman`;
  main.replaceChildren(el("h2", {}, view.title));
  say("");
  try {
    await view.show(main, current.signal);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error.status === 401) askForToken(); else main.append(el("p", { class: "bad", role: "alert" }, error.message));
  }
}

function askForToken() {
  const field = el("input", { type: "password", id: "token", autocomplete: "off" });
  const form = el("form", {}, el("label", { for: "token" }, "Token (admin.token in config.yaml)"), field,
    el("div", { class: "row" }, el("button", { class: "primary" }, "Open")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", field.value);
    show();
  });
  main.replaceChildren(el("h2", {}, "This page needs a token"), form);
  field.focus();
}

addEventListener("hashchange", () => { show(); main.focus(); });
show();
api("/healthz").then((health) => say(`version ${health.version}`)).catch(() => say("the gateway does not answer"));
