// Live: requests as they end. One can be opened to see why it went where it went.
import { api, cell, clock, el, empty, headers, meter, milliseconds, money, say, table } from "/ui/common.js";

export const title = "Live";
const KEPT = 200;

export async function show(main, signal) {
  let { requests } = await api("/api/requests", { signal });
  let paused = false;
  let missed = 0;
  let chosen = null;
  const filter = el("input", { type: "text", id: "filter", placeholder: "route, model, status, caller …" });
  const pause = el("button", { type: "button", "aria-pressed": "false" }, "Pause");
  const list = el("div");
  const detail = el("section", { "aria-label": "The chosen request", "aria-live": "polite" });
  main.append(el("div", { class: "row" }, el("label", { for: "filter" }, "Show"), filter, pause), detail, list);

  const draw = () => {
    const wanted = filter.value.trim().toLowerCase();
    const shown = requests.filter((each) => !wanted || words(each).includes(wanted)).slice(0, KEPT);
    list.replaceChildren(shown.length ? asTable(shown, chosen, choose) : empty(
      requests.length ? "Nothing here matches the filter." : "No requests yet. Send one: ",
      requests.length ? "" : el("code", {}, "curl http://localhost:12000/routing/v1/chat/completions -d '{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}'")));
  };
  const choose = (each) => { chosen = each; detail.replaceChildren(...asDetail(each)); draw(); detail.scrollIntoView({ block: "nearest" }); };
  filter.addEventListener("input", draw);
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
    if (!paused) draw();
  });
  draw();
  await follow(signal, (data) => {
    requests = [...data.requests.reverse(), ...requests].slice(0, KEPT);
    missed = data.missed;
    say(missed ? `watching; ${missed} missed` : "watching");
    if (!paused) draw();
  });
}

// The stream is read with fetch, since an EventSource cannot send the token.
async function follow(signal, took) {
  const answer = await fetch("/api/live", { signal, headers: headers() });
  if (!answer.ok) throw Object.assign(new Error("the live feed is not served"), { status: answer.status });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  say("watching");
  for (let held = ""; ;) {
    const { value, done } = await reader.read();
    if (done) { say("the gateway closed the live feed; reload the page to watch again"); return; }
    const frames = (held + value).split("\n\n");
    held = frames.pop();
    for (const frame of frames) {
      const data = frame.split("\n").find((line) => line.startsWith("data: "));
      if (data) took(JSON.parse(data.slice(6)));
    }
  }
}

const words = (each) => [each.decision?.route, each.model, each.status, each.caller, each.path, each.error, each.decision?.decided_by].join(" ").toLowerCase();

function asTable(requests, chosen, choose) {
  const heads = [["time"], ["status"], ["route"], ["model"], ["by"], ["score", "n"], ["took", "n"], ["cost", "n"], ["why"]];
  return table("The last requests, newest first", heads, requests.map((each) => {
    const open = el("button", { type: "button", "aria-label": `Open the request of ${clock(each.at)}` }, "open");
    open.addEventListener("click", () => choose(each));
    const best = each.decision?.scores?.[0]?.score;
    return el("tr", { class: each === chosen ? "chosen" : null }, cell(clock(each.at)),
      cell(each.status, each.status >= 500 ? "bad" : each.status >= 400 ? "warn" : "good"),
      cell(each.decision?.route), cell(each.model), cell(each.decision?.decided_by),
      cell(best === undefined ? null : best.toFixed(3), "n"), cell(milliseconds(each.ms), "n"),
      cell(each.cost === null ? null : money(each.cost), "n"), cell(open));
  }));
}

function asDetail(each) {
  const decision = each.decision;
  const facts = [["trace", each.id], ["path", `${each.method} ${each.path}`], ["caller", each.caller], ["session", each.session],
    ["took", milliseconds(each.ms)], ["first token after", each.ttft_ms === null ? null : milliseconds(each.ttft_ms)],
    ["tokens", each.tokens ? `${each.tokens.input ?? "?"} in, ${each.tokens.output ?? "?"} out` : null],
    ["cost", each.attempts.length ? `${money(each.cost)} (baseline ${money(each.baseline_cost)})` : null],
    ["error", each.error], ["reason", each.reason], ["broke off", each.broken], ["warnings", each.warnings.join("; ") || null]];
  const parts = [el("h3", {}, `Request of ${clock(each.at)}`),
    table("What is known of it", [["", null], ["", null]], facts.filter(([, value]) => value).map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), cell(value, "wrap"))))];
  if (decision?.scores?.length) {
    parts.push(el("h3", {}, `Scores, and the threshold of each route (decided by ${decision.decided_by})`),
      ...decision.scores.map((row) => meter(row, row.route === decision.route)));
    if (decision.scores.length > 1) parts.push(el("p", { class: "soft" }, `Margin to the runner-up: ${(decision.scores[0].score - decision.scores[1].score).toFixed(3)}`));
  } else if (decision) {
    parts.push(el("p", { class: "soft" }, `Decided by ${decision.decided_by}: no classifier ran.`));
  }
  const stages = Object.entries(decision?.elapsed_us ?? {});
  if (stages.length) parts.push(el("p", { class: "soft" }, `Stages: ${stages.map(([name, us]) => `${name} ${us} µs`).join(", ")}`));
  for (const [stage, reason] of decision?.skipped ?? []) parts.push(el("p", { class: "soft" }, `${stage} did not decide: ${reason}`));
  if (decision?.candidates?.length) parts.push(el("p", { class: "soft" }, `Candidates: ${decision.candidates.join(", ")}`));
  if (each.attempts.length) {
    parts.push(el("h3", {}, "Attempts"), table("In the order in which they were made", [["model"], ["outcome"], ["status", "n"], ["took", "n"]],
      each.attempts.map((one) => el("tr", {}, cell(one.model), cell(one.outcome, one.outcome === "ok" ? "good" : "bad"), cell(one.status, "n"), cell(milliseconds(one.ms), "n")))));
  }
  return parts;
}
