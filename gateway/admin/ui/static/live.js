// Live: requests as they end. One can be opened to see why it went where it went.
import { api, badge, cell, el, empty, head, headers, label, say, table } from "/ui/common.js";
import { compact, milliseconds, money, score, when } from "/ui/format.js";
import { detail } from "/ui/detail.js";

export const title = "Live";
const KEPT = 200;
const HEADS = [["time"], ["status"], ["route"], ["model"], ["decided by", "extra"], ["score", "n extra"], ["took", "n"], ["cost", "n extra"]];
const EXAMPLE = `curl http://localhost:12000/routing/v1/chat/completions \\
  -d '{"messages": [{"role": "user", "content": "Write a parser"}]}'`;

export async function show(main, signal) {
  const [now, earlier] = await Promise.all(["/api/requests", "/api/earlier"].map((path) => api(path, { signal })));
  const list = new List(merged(now.requests, earlier.requests));
  const filter = el("input", { type: "search", id: "filter", class: "filter", placeholder: "route, model, status, caller, error …", autocomplete: "off" });
  const pause = el("button", { type: "button", "aria-pressed": "false" }, "Pause");
  main.append(head(title, list.note, el("span", { class: "row end" }, el("label", { for: "filter" }, "Filter"), filter, pause)), list.element);
  filter.addEventListener("input", () => list.filter(filter.value.trim().toLowerCase()));
  pause.addEventListener("click", () => {
    const paused = list.pause();
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Go on" : "Pause";
  });
  let again = false;
  const opened = async () => { if (again) list.add(await missed(signal), list.missed); };
  for (let wait = 1; !signal.aborted; wait = Math.min(2 * wait, 15), again = true) {
    const ended = await follow(signal, opened, (data) => { wait = 1; list.add(data.requests, data.missed); });
    if (ended === "refused") return;
    say("the live feed broke off; trying again", "bad");
    await new Promise((go) => { setTimeout(go, 1000 * wait); });
  }
}

// What may have ended while there was no feed; where that cannot be told, the feed goes on without it.
async function missed(signal) {
  const answer = await api("/api/requests", { signal }).catch((error) => { if (error.name === "AbortError") throw error; });
  return answer?.requests ?? [];
}

// What the process remembers, and what the decision log has of others and of before, oldest first and each once.
function merged(remembered, logged) {
  return [...remembered, ...unknown(logged, remembered)].sort((one, other) => one.at - other.at);
}

function unknown(requests, shown) {
  const known = (one) => `${one.id} ${one.at}`;
  const has = new Set(shown.map(known));
  return requests.filter((one) => !has.has(known(one)));
}

// The stream is read with fetch, since an EventSource cannot send the token.
async function follow(signal, opened, took) {
  const answer = await fetch("/api/live", { signal, headers: headers() }).catch((error) => { if (error.name === "AbortError") throw error; });
  if (!answer) return "away";
  if (!answer.ok) { say("the live feed is not served: too many watch it", "bad"); return "refused"; }
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  await opened();
  say("watching");
  for (let held = ""; ;) {
    const { value, done } = await reader.read().catch((error) => { if (error.name === "AbortError") throw error; return { done: true }; });
    if (done) return "ended";
    const frames = (held + value).split("\n\n");
    held = frames.pop();
    for (const frame of frames) {
      const data = frame.split("\n").find((line) => line.startsWith("data: "));
      if (data) took(JSON.parse(data.slice(6)));
    }
  }
}

// The table of requests. Rows are made once and move down, so that what has the keyboard's focus keeps it.
class List {
  constructor(requests) {
    this.rows = [];
    this.wanted = "";
    this.paused = null;
    this.missed = 0;
    this.note = el("p", { class: "soft", role: "status" });
    this.nothing = empty("No requests yet", el("p", {}, "They appear here as they end. Send one:"), el("pre", {}, EXAMPLE));
    this.unmatched = empty("Nothing here matches the filter");
    this.table = table("The last requests, newest first", HEADS, [], "pick");
    this.body = this.table.querySelector("tbody");
    this.table.querySelector("caption").className = "skip";
    this.aside = el("aside", { class: "panel", "aria-label": "The chosen request" });
    this.left = el("div", { class: "panel" }, this.table);
    this.element = el("div", { class: "live" }, el("div", {}, this.nothing, this.unmatched, this.left), this.aside);
    this.put(requests);
  }

  add(told, missed) {
    const requests = unknown(told, [...this.rows.map((one) => one.request), ...(this.paused ?? [])]);
    this.missed = missed;
    if (this.paused) { this.paused.push(...requests); this.paused.splice(0, this.paused.length - KEPT); this.tell(); } else this.put(requests, "fresh");
  }

  put(requests, kind) {
    const made = requests.slice(-KEPT).map((request) => this.row(request, kind)).reverse();
    this.body.prepend(...made.map((one) => one.row));
    this.rows.unshift(...made);
    for (const one of this.rows.splice(KEPT)) one.row.remove();
    this.tell();
  }

  pause() {
    const held = this.paused;
    this.paused = held ? null : [];
    held ? this.put(held, "fresh") : this.tell();
    return Boolean(this.paused);
  }

  filter(wanted) {
    this.wanted = wanted;
    for (const one of this.rows) one.row.hidden = !one.words.includes(wanted);
    this.tell();
  }

  tell() {
    const shown = this.rows.filter((one) => !one.row.hidden).length;
    this.nothing.hidden = this.rows.length > 0;
    this.left.hidden = shown === 0;
    this.unmatched.hidden = shown > 0 || !this.rows.length;
    const parts = [this.wanted ? `${shown} of the last ${this.rows.length}` : this.rows.length ? `the last ${this.rows.length}` : "",
      this.paused ? `paused, ${this.paused.length} wait` : "", this.missed ? `${compact(this.missed)} more came too fast to be shown` : ""];
    this.note.textContent = parts.filter(Boolean).join(" · ");
  }

  row(request, kind) {
    const words = [request.decision?.route ?? "no route", request.model, request.status, request.caller, request.path, request.error, request.decision?.decided_by].join(" ").toLowerCase();
    const open = el("button", { type: "button", class: "link", "aria-label": `Open the request of ${when(request.at)}`, "aria-expanded": "false" }, when(request.at));
    const row = el("tr", { class: kind, hidden: !words.includes(this.wanted), click: () => this.choose(row, open, request) }, cell(open), cell(status(request)),
      label(request.decision ? request.decision.route ?? "no route" : null), label(request.model), cell(request.decision?.decided_by, "extra"), cell(best(request), "n extra"),
      cell(milliseconds(request.ms), "n"), cell(request.cost === null ? null : money(request.cost), "n extra"));
    return { row, words, request };
  }

  choose(row, open, request) {
    const before = this.body.querySelector(".chosen");
    before?.classList.remove("chosen");
    before?.querySelector("button").setAttribute("aria-expanded", "false");
    if (before === row) { this.element.classList.remove("open"); return; }
    row.className = "chosen";
    open.setAttribute("aria-expanded", "true");
    const close = el("button", { type: "button", class: "close", click: () => { this.choose(row, open, request); open.focus(); } }, "Close");
    this.aside.replaceChildren(close, ...detail(request));
    this.element.classList.add("open");
    this.aside.scrollTop = 0;
    if (this.aside.getBoundingClientRect().top < 0) this.aside.scrollIntoView({ block: "nearest" });
  }
}

const status = (request) => badge(request.status, request.status >= 500 ? "bad" : request.status >= 400 ? "warn" : "good");

function best(request) {
  const scores = request.decision?.scores ?? [];
  const won = scores.find((one) => one.route === request.decision.route) ?? scores[0];
  return won ? score(won.score) : null;
}
