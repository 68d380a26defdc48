// Sessions: look a pin up by its session id, and drop it.
import { api, el, facts, head, panel, tiles, wrong } from "/ui/common.js";
import { count } from "/ui/format.js";

export const title = "Sessions";
const NAMES = { entries: "Pins in memory", available: "Redis", failures: "Failures of Redis", skipped: "Not asked, after one" };

export async function show(main, signal) {
  const known = await api("/sessions", { signal });
  const ident = el("input", { type: "text", id: "ident", class: "wide mono", autocomplete: "off", spellcheck: "false", required: true });
  const tenant = el("input", { type: "text", id: "tenant", class: "wide mono", autocomplete: "off", spellcheck: "false" });
  const result = el("div", { "aria-live": "polite" });
  const form = el("form", {}, el("label", { for: "ident" }, "Session id"), ident,
    el("p", { class: "hint" }, "As the client sends it. Ids are kept nowhere, so a session is found by its id alone."),
    el("label", { for: "tenant" }, "Tenant or caller"), tenant, el("p", { class: "hint" }, "With routing.tenant_header its value, else with api_keys the caller's name, else nothing."),
    el("p", {}, el("button", { class: "primary" }, "Look it up")));
  main.append(head(title, el("p", { class: "soft" }, "A session keeps the model that was chosen for it first.")),
    tiles(Object.entries(known).map(([name, value]) => [NAMES[name] ?? name, value === true ? "there" : value === false ? "away" : count(value)])),
    el("div", { class: "two" }, panel("Look a pin up", form), panel("What it is pinned to", result)));
  result.append(el("p", { class: "soft" }, "Nothing was looked up yet."));
  const query = () => `/sessions?${new URLSearchParams({ id: ident.value, ...(tenant.value ? { tenant: tenant.value } : {}) })}`;
  const told = (...children) => result.replaceChildren(...children);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const asked = query();
      const pin = await api(asked, { signal });
      const drop = el("button", { type: "button" }, "Drop this pin");
      drop.addEventListener("click", async () => {
        try {
          await api(asked, { method: "DELETE", signal });
          told(el("p", { class: "good" }, "Dropped: the session's next request is decided anew."));
        } catch (error) {
          told(wrong(error.message));
        }
      });
      told(facts([["model", pin.model], ["route", pin.route ?? "none"], ["routes", pin.inline ? "came with the request" : "those of the configuration"]]), el("p", {}, drop));
    } catch (error) {
      told(el("p", { class: "warn", role: "alert" }, error.message));
    }
  });
}
