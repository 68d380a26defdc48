// The frame of the page: which view is shown. Views are modules that export `title` and `show(main, signal)`; the signal
// tells them to stop when another view is shown.
import { api, el, say, wrong } from "/ui/common.js";
import * as live from "/ui/live.js";
import * as traffic from "/ui/traffic.js";
import * as routes from "/ui/routes.js";
import * as playground from "/ui/playground.js";
import * as providers from "/ui/providers.js";
import * as sessions from "/ui/sessions.js";
import * as callers from "/ui/callers.js";
import * as configuration from "/ui/configuration.js";

const views = { live, traffic, routes, playground, providers, sessions, callers, configuration };
const main = document.getElementById("main");
const nav = document.getElementById("nav");
let current = null;
let version = "";

for (const [name, view] of Object.entries(views)) nav.append(el("li", {}, el("a", { href: `#${name}` }, view.title)));

async function show() {
  const asked = location.hash.slice(1).split("/")[0];
  const name = Object.hasOwn(views, asked) ? asked : "live";
  current?.abort();
  const { signal } = current = new AbortController();
  for (const link of nav.querySelectorAll("a")) {
    link.hash === `#${name}` ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
  nav.querySelector("[aria-current]").scrollIntoView({ block: "nearest", inline: "nearest" });
  document.title = `${views[name].title} · Pointsman`;
  say(version);
  const shown = el("div", { class: "stack" });
  main.replaceChildren(shown);
  try {
    await views[name].show(shown, signal);
  } catch (error) {
    if (signal.aborted || error.name === "AbortError") return;
    if (error.status === 401) askForToken(); else main.replaceChildren(el("h2", {}, views[name].title), wrong(error.message));
  }
}

function askForToken() {
  const again = sessionStorage.getItem("token") !== null;
  const field = el("input", { type: "password", id: "token", class: "wide", autocomplete: "off", required: true });
  const form = el("form", { class: "panel" }, again ? wrong("That was not the token.") : null,
    el("label", { for: "token" }, "Token (admin.token in config.yaml)"), field,
    el("p", { class: "hint" }, "It is kept for this tab, and sent to this gateway alone."),
    el("p", {}, el("button", { class: "primary" }, "Open")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", field.value);
    show();
  });
  main.replaceChildren(el("div", { class: "head" }, el("h2", {}, "This page needs a token")), form);
  field.focus();
}

addEventListener("hashchange", () => {
  if (location.hash === "#main") return;
  show();
  main.focus();
});
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
api("/healthz").then((health) => { version = `version ${health.version}`; if (!document.getElementById("state").textContent) say(version); }, () => say("the gateway does not answer", "bad"));
show();
