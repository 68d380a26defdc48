// Configuration: what is in service, without its secrets, and reading the file again.
import { api, clock, el } from "/ui/common.js";

export const title = "Configuration";

export async function show(main, signal) {
  const shown = el("pre", { tabindex: "0", "aria-label": "The configuration in service" });
  const outcome = el("div", { "aria-live": "polite" });
  const reload = el("button", { type: "button", class: "primary" }, "Read the file again");
  main.append(el("div", { class: "row" }, reload), outcome, shown);
  const draw = async () => {
    shown.textContent = JSON.stringify(await api("/config", { signal }), null, 2);
    const { reload: last } = await api("/stats", { signal });
    if (last?.outcome) outcome.replaceChildren(el("p", { class: last.errors ? "bad" : "soft" },
      `Last read ${clock(last.at)}: ${last.outcome}, configuration ${last.generation}.`), last.errors ? el("pre", { class: "bad" }, last.errors) : "");
  };
  reload.addEventListener("click", async () => {
    try {
      await api("/reload", { method: "POST", signal });
      await draw();
    } catch (error) {
      outcome.replaceChildren(el("p", { class: "bad", role: "alert" }, "The file is wrong, so the old configuration stays:"), el("pre", { class: "bad" }, error.message));
    }
  });
  await draw();
}
