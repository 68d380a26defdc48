// Labels: a prompt becomes an example of a route, and the reload makes it count.
import { api, el, wrong } from "/ui/common.js";

let known = null;

// The routes are asked for once for all forms of a view; `forget` has them asked for again.
export const routes = () => known ??= api("/api/routes").then((answer) => answer.routes).catch((error) => { known = null; throw error; });
export const forget = () => { known = null; };

let number = 0;

// A form that labels one prompt: `text` is what was said, where that is stored; `route` what was decided.
export function labelForm({ text, route = null, decision = null, done = () => {} }) {
  const id = `label-${number += 1}`;
  const choice = el("select", { id: `${id}-route`, required: true }, el("option", { value: "" }, "choose …"));
  const said = text ? null : el("textarea", { id: `${id}-said`, rows: 2, required: true, maxlength: 32768 });
  const told = el("div", { "aria-live": "polite" });
  const form = el("form", {}, said ? [el("label", { for: `${id}-said` }, "The prompt"), said, el("p", { class: "hint" }, "What was said is not stored, so type it.")] : null,
    el("label", { for: `${id}-route` }, "It belongs to"), el("div", { class: "row" }, choice, el("button", { class: "primary" }, "Make it an example")), told);
  routes().then((found) => {
    choice.append(...found.map((one) => el("option", { value: one.name, disabled: !one.examples_file },
      `${one.name}${one.name === route ? " (as decided)" : ""}${one.examples_file ? "" : ": its examples are in no file"}`)));
    if (!found.some((one) => one.examples_file)) told.replaceChildren(el("p", { class: "hint" }, "No route has a file of examples. Write ", el("code", {}, "examples: NAME.jsonl"), " under it in config.yaml."));
  }, (error) => told.replaceChildren(wrong(error.message)));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const label = await api("/api/labels", { method: "POST", body: { route: choice.value, prompt: text ?? said.value, ...(decision ? { decision } : {}) } });
      const undo = el("button", { type: "button", click: async () => { await takeBack(label).then(done, (error) => told.append(wrong(error.message))); form.replaceChildren(el("p", {}, "Taken back.")); } }, "Take it back");
      form.replaceChildren(el("div", { class: "row", role: "status" }, el("span", { class: "good" }, `An example of ${label.route} now, in ${label.file}.`), undo));
      await inService();
      done();
    } catch (error) {
      told.replaceChildren(wrong(error.message));
    }
  });
  return form;
}

export async function takeBack(label) {
  await api(`/api/labels?${new URLSearchParams({ route: label.route, key: label.key })}`, { method: "DELETE" });
  await inService();
}

// The gateway notices the file by itself; this does not wait for that, and tells what is wrong with the configuration.
async function inService() {
  forget();
  await api("/reload", { method: "POST" });
}
