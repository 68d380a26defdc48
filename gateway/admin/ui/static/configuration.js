// Configuration: what is in service, without its secrets, and reading the file again.
import { api, badge, each, el, head, panel } from "/ui/common.js";
import { ago, count } from "/ui/format.js";

export const title = "Configuration";
const KINDS = { changed: "good", unchanged: "good", refused: "bad" };
const WORDS = { changed: "in service", unchanged: "nothing has changed", refused: "refused" };

export async function show(main, signal) {
  const shown = el("pre", { tabindex: "0", "aria-label": "The configuration in service" });
  const outcome = el("div", { "aria-live": "polite" });
  const button = el("button", { type: "button", class: "primary end" }, "Read the file again");
  main.append(head(title, el("p", { class: "soft" }, "A change of the file is noticed by itself."), button), panel("The last time it was read", outcome), panel("In service, without what is secret and without defaults", shown));
  const draw = async () => {
    const [config, stats] = await Promise.all([api("/config", { signal }), api("/stats", { signal })]);
    shown.textContent = JSON.stringify(config, null, 2);
    outcome.replaceChildren(...told(each(stats).map((one) => one.reload).filter((one) => one?.outcome)));
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    await api("/reload", { method: "POST", signal }).catch(() => {}); // what is wrong stands in the outcome
    await draw().finally(() => { button.disabled = false; });
  });
  await draw();
}

function told(reloads) {
  const last = reloads.find((one) => one.errors) ?? reloads[0];
  if (!last) return [el("p", { class: "soft" }, "This process cannot read its file again.")];
  return [el("p", {}, badge(WORDS[last.outcome] ?? last.outcome, KINDS[last.outcome] ?? ""), ` ${ago(last.at)}; configuration ${count(last.generation)} since the start`,
    reloads.length > 1 ? `, in ${count(reloads.length)} workers` : "", last.errors ? ". The old one stays, since the file is wrong:" : "."),
  last.errors ? el("pre", { class: "bad" }, last.errors) : null,
  last.warnings?.length ? el("ul", {}, last.warnings.map((warning) => el("li", { class: "warn" }, warning))) : null].filter(Boolean);
}
