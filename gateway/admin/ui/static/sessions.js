// Sessions: look a pin up by its session id, and drop it.
import { api, el } from "/ui/common.js";

export const title = "Sessions";

export async function show(main, signal) {
  const known = await api("/sessions", { signal });
  const ident = el("input", { type: "text", id: "ident", autocomplete: "off" });
  const tenant = el("input", { type: "text", id: "tenant", autocomplete: "off" });
  const result = el("section", { "aria-label": "The session", "aria-live": "polite" });
  const form = el("form", {}, el("label", { for: "ident" }, "Session id"), ident,
    el("label", { for: "tenant" }, "Tenant or caller, where sessions have one"), tenant,
    el("div", { class: "row" }, el("button", { class: "primary" }, "Look it up")));
  const facts = Object.entries(known).map(([name, value]) => `${name}: ${value}`).join(", ");
  main.append(el("p", { class: "soft" }, `Pins (${facts}). Session ids are kept nowhere, so a session is found by its id alone.`), form, result);
  const query = () => `/sessions?${new URLSearchParams({ id: ident.value, ...(tenant.value ? { tenant: tenant.value } : {}) })}`;
  const told = (...children) => result.replaceChildren(...children);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const pin = await api(query(), { signal });
      const drop = el("button", { type: "button" }, "Drop this pin");
      drop.addEventListener("click", async () => {
        await api(query(), { method: "DELETE", signal });
        told(el("p", { class: "good" }, "Dropped: the session's next request is decided anew."));
      });
      told(el("p", {}, `Pinned to ${pin.model}, route ${pin.route ?? "none"}.`), drop);
    } catch (error) {
      told(el("p", { class: "warn", role: "alert" }, error.message));
    }
  });
}
