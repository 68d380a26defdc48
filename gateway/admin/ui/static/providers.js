// Providers: whether each model can be called at present.
import { api, cell, el, table } from "/ui/common.js";

export const title = "Providers";
const KINDS = { healthy: "good", ejected: "bad", no_key: "warn" };

export async function show(main, signal) {
  const answer = await api("/clusters", { signal });
  const groups = answer.workers ?? [answer];
  groups.forEach((group, number) => {
    const caption = groups.length > 1 ? `Seen by worker ${number}` : "Each model, and whether it can be called";
    main.append(table(caption, [["model"], ["state"], ["address"], ["formats"], ["note"]], group.clusters.map((each) => el("tr", {},
      cell(each.default ? `${each.model} (default)` : each.model), cell(each.state.replace("_", " "), KINDS[each.state] ?? null),
      cell(each.address), cell(each.formats.join(", "), "wrap"), cell(note(each), "wrap")))));
  });
}

function note(each) {
  if (each.key_missing) return `$${each.key_missing} is not set`;
  return each.seconds_left ? `left out for ${Math.ceil(each.seconds_left)} s more, since it kept failing` : "";
}
