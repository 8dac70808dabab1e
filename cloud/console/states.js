// The six states of a neuron, what leads to each, and their marks: another shape for each, not only another colour.

import { svg } from "./dom.js";
import { keep, kept } from "./words.js";

/** Drawn in this order: what matters lies on top. */
export const STATES = ["never", "fresh", "silent", "suspect", "fail", "alarm"];
/** Read in this order. */
export const LISTED = ["alarm", "fail", "suspect", "silent", "never", "fresh"];
export const LIMITS_MS = [60_000, 300_000, 900_000, 3_600_000, 21_600_000, 86_400_000];

const KEPT = "yingzhou.silence";
const DEFAULT_MS = 300_000;
const PASSING = new Set([1, 2]); // QARTOD: pass, not evaluated
const FAILED = 4;

let silenceMs = LIMITS_MS.find((limit) => String(limit) === kept(KEPT)) ?? DEFAULT_MS;

/** A neuron without a reading for longer than this is silent. */
export function silenceLimit() {
  return silenceMs;
}

export function setSilenceLimit(ms) {
  silenceMs = ms;
  keep(KEPT, ms);
}

/** How one reading's quality looks: fresh, suspect or fail. */
export function qualityState(quality) {
  if (PASSING.has(quality)) return "fresh";
  return quality === FAILED ? "fail" : "suspect";
}

/**
 * The state of a neuron: an alarm comes first, then silence; of its young readings the worst counts.
 * @param readings the newest of each datastream that has one: {ms, quality}.
 */
export function stateOf(readings, inAlarm, now) {
  if (inAlarm) return "alarm";
  let newest = 0;
  let worst = "fresh";
  const since = now - silenceMs;
  for (const { ms, quality } of readings) {
    if (ms > newest) newest = ms;
    if (ms < since || PASSING.has(quality) || worst === "fail") continue;
    worst = qualityState(quality);
  }
  if (newest === 0) return "never";
  return newest < since ? "silent" : worst;
}

/** The marks as definitions for <use>, about 12 px across. */
export function marks() {
  return svg("defs", {},
    svg("g", { id: "mark-fresh" }, svg("circle", { r: 5, class: "body" })),
    svg("g", { id: "mark-suspect" }, svg("path", { d: "M0-7 6.5 5H-6.5Z", class: "body" })),
    svg("g", { id: "mark-fail" }, svg("path", { d: "M0-7.5 7.5 0 0 7.5-7.5 0Z", class: "body" }),
      svg("path", { d: "M-2.4-2.4 2.4 2.4M2.4-2.4-2.4 2.4", class: "cut" })),
    svg("g", { id: "mark-silent" }, svg("circle", { r: 5, class: "hollow" }), svg("path", { d: "M-3.5 3.5 3.5-3.5", class: "line" })),
    svg("g", { id: "mark-never" }, svg("path", { d: "M-3.5-3.5 3.5 3.5M3.5-3.5-3.5 3.5", class: "line" })),
    svg("g", { id: "mark-alarm" }, svg("circle", { r: 12, class: "ring" }), svg("rect", { x: -7, y: -7, width: 14, height: 14, rx: 3, class: "body" }),
      svg("path", { d: "M0-4V1M0 3.6V4.2", class: "cut" })));
}

/** One mark beside a text. */
export function mark(state) {
  const icon = svg("svg", { class: "mark", viewBox: "-13 -13 26 26", "data-state": state, "aria-hidden": "true" });
  icon.append(svg("use", { href: `#mark-${state}` }));
  return icon;
}
