// Numbers and times as people read them. Nothing here touches the page.
const whole = new Intl.NumberFormat();
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const absent = (value) => value === null || value === undefined;

export const count = (value) => absent(value) ? "–" : whole.format(value);
export const compact = (value) => absent(value) ? "–" : Math.abs(value) < 10000 ? whole.format(Math.round(value)) : short.format(value);

// US dollars: two decimals from ten cents on, and enough of them below for two figures to be seen.
export function money(value) {
  if (absent(value)) return "unknown";
  const size = Math.abs(value);
  const digits = size === 0 || size >= 0.1 ? 2 : Math.min(8, Math.ceil(-Math.log10(size)) + 1);
  const written = size.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${value < 0 ? "−" : ""}$${written}`;
}

// What requests cost together, of which `unknown` have no price: these are not free.
export const cost = ({ cost: known, unknown }) => unknown && !known ? "unknown" : money(known);

export function milliseconds(value) {
  if (absent(value)) return "–";
  if (value === 0) return "0 ms";
  if (value < 1) return `${Math.round(value * 1000)} µs`;
  if (value < 10) return `${value.toFixed(1)} ms`;
  if (value < 1000) return `${Math.round(value)} ms`;
  return value < 60000 ? `${(value / 1000).toFixed(value < 10000 ? 2 : 1)} s` : `${Math.round(value / 60000)} min`;
}

export function percent(part, total) {
  if (!total) return "–";
  const share = 100 * part / total;
  return `${share.toFixed(share === 0 || share >= 10 ? 0 : share >= 1 ? 1 : 2)} %`;
}

export const score = (value) => absent(value) ? "–" : value.toFixed(3);

const pad = (number) => String(number).padStart(2, "0");
const time = (seconds) => new Date(seconds * 1000);
export const clock = (seconds) => { const at = time(seconds); return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`; };
// A moment of a list that is about today, mostly: the day too where it was another.
export const when = (seconds, now = new Date()) => time(seconds).toDateString() === now.toDateString() ? clock(seconds)
  : `${time(seconds).toLocaleDateString(undefined, { day: "numeric", month: "short" })} ${clock(seconds)}`;
export const day = (seconds) => time(seconds).toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
export const since = (seconds, step) => step >= 3600 ? day(seconds) : clock(seconds).slice(0, 5);
export const date = (seconds) => time(seconds).toLocaleDateString(undefined, { dateStyle: "medium" });
export const moment = (seconds) => time(seconds).toLocaleString(undefined, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

// A time on the axis of a chart whose steps are so many seconds long. Days are those of UTC, as they are counted.
export function tick(seconds, step) {
  if (step >= 86400) return day(seconds);
  if (step > 3600) return `${day(seconds)} ${pad(time(seconds).getUTCHours())}:00`;
  return step < 1 ? clock(seconds) : clock(seconds).slice(0, step < 30 ? 8 : 5);
}

export function ago(seconds, now = Date.now() / 1000) {
  const passed = Math.max(0, now - seconds);
  if (passed < 90) return `${Math.round(passed)} s ago`;
  if (passed < 5400) return `${Math.round(passed / 60)} min ago`;
  return passed < 129600 ? `${Math.round(passed / 3600)} h ago` : `${Math.round(passed / 86400)} days ago`;
}

// The marks of an axis, written with as many decimals as tell them apart.
export function marked(values, format) {
  const written = values.map(format);
  const digits = Math.max(...written.map((text) => (text.match(/[.,](\d+)(?=\D*$)/)?.[1] ?? "").length));
  return format === money ? values.map((value) => `$${value.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits })}`) : written;
}

// Round values for an axis that begins at 0 and holds the highest value: three to six of them.
export function ticks(top) {
  if (!(top > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(top / 4));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => top / each <= 5);
  return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, at) => at * step);
}
