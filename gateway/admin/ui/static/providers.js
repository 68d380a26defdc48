// Providers: whether each model can be called at present, and how requests to it went.
import { api, badge, cell, each, el, empty, head, named, repeat, swap, table } from "/ui/common.js";
import { count, milliseconds, percent } from "/ui/format.js";

export const title = "Providers";
const KINDS = { healthy: "good", ejected: "bad", no_key: "warn" };
const HEADS = [["model"], ["state"], ["attempts", "n"], ["succeeded", "n"], ["median", "n"], ["95 %", "n"], ["failures"], ["formats", "extra"]];

export async function show(main, signal) {
  const body = el("div", { class: "panel" });
  main.append(head(title, el("p", { class: "soft" }, "Attempts and times are counted since the start, in all workers; times until an answer began.")), body);
  await repeat(5, signal, async () => {
    const [clusters, { models }] = await Promise.all([api("/clusters", { signal }), api("/api/providers", { signal })]);
    const rows = merged(each(clusters));
    swap(body, rows.length ? table("Models", HEADS, rows.map((row) => shown(row, models[row.model]))) : empty("No providers are configured"));
  });
}

// One row for each model: what workers say differently is counted.
function merged(workers) {
  return (workers[0]?.clusters ?? []).map((first, at) => {
    const all = workers.map((worker) => worker.clusters?.[at]).filter((one) => one?.model === first.model);
    const out = all.filter((one) => one.state === "ejected");
    return { ...first, state: out.length ? "ejected" : first.state, seconds_left: Math.max(0, ...out.map((one) => one.seconds_left ?? 0)), out: out.length, workers: all.length };
  });
}

function shown(row, tried) {
  const failed = tried ? Object.values(tried.failed).reduce((sum, one) => sum + one, 0) : 0;
  return el("tr", {}, named([row.model, row.default ? [" ", badge("default", "accent")] : null, el("div", { class: "soft" }, row.address)]), cell(state(row)), cell(tried ? count(tried.attempts) : null, "n"),
    cell(tried ? percent(tried.attempts - failed, tried.attempts) : null, "n"), cell(tried ? milliseconds(tried.ms.p50) : null, "n"), cell(tried ? milliseconds(tried.ms.p95) : null, "n"),
    cell(causes(tried), "wrap"), cell(row.formats.join(", "), "extra wrap"));
}

function state(row) {
  if (row.key_missing) return [badge("no key", "warn"), " ", el("span", { class: "soft" }, `$${row.key_missing} is not set`)];
  if (row.state !== "ejected") return badge(row.state.replace("_", " "), KINDS[row.state]);
  const where = row.workers > 1 ? ` in ${row.out} of ${row.workers} workers` : "";
  return [badge("left out", "bad"), " ", el("span", { class: "soft" }, `${Math.ceil(row.seconds_left)} s more${where}, since it kept failing`)];
}

function causes(tried) {
  if (!tried) return null;
  const parts = [...Object.entries(tried.failed).map(([outcome, number]) => `${outcome} ${count(number)}`),
    tried.retries ? `${count(tried.retries)} retries` : null, tried.fallbacks ? `${count(tried.fallbacks)} left for the next` : null, tried.broken ? `${count(tried.broken)} broke off` : null];
  return parts.filter(Boolean).join(", ") || "none";
}
