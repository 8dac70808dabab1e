// Ages that grow by themselves, and the clock of the district: Asia/Shanghai wherever the browser stands.

import { now } from "./api.js";
import { html, setText } from "./dom.js";
import { locale, say } from "./words.js";

const ZONE = "Asia/Shanghai";
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const short = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(locale, { timeZone: ZONE, year: "numeric", month: "short", day: "numeric", weekday: "short" });
const full = new Intl.DateTimeFormat(locale, { timeZone: ZONE, dateStyle: "medium", timeStyle: "medium" });

export const clockText = (ms) => clock.format(ms);
export const shortText = (ms) => short.format(ms);
export const dayText = (ms) => day.format(ms);
export const fullText = (ms) => full.format(ms);

/** A duration in its largest unit. */
export function durationText(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return say("seconds", seconds);
  if (seconds < 7200) return say("minutes", Math.round(seconds / 60));
  if (seconds < 172_800) return say("hours", Math.round(seconds / 3600));
  return say("days", Math.round(seconds / 86_400));
}

/** How long ago; it is kept right by `growOlder`. */
export function age(ms) {
  const element = html("time", { class: "age" });
  setAge(element, ms);
  return element;
}

export function setAge(element, ms) {
  if (element.dataset.ms === String(ms)) return;
  element.dataset.ms = ms;
  element.title = fullText(ms);
  element.dateTime = new Date(ms).toISOString();
  setText(element, durationText(now() - ms));
}

/** Every age on the page, once a second. */
export function growOlder() {
  const at = now();
  for (const element of document.querySelectorAll("time.age")) {
    setText(element, durationText(at - Number(element.dataset.ms)));
  }
}
