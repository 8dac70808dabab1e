// The line on top: how much comes in, who is there, what time it is.

import { now } from "./api.js";
import { byId, html, setData, setText } from "./dom.js";
import { countText, rateText } from "./names.js";
import { LISTED, mark } from "./states.js";
import { clockText, dayText } from "./time.js";
import { language, say, switchLanguage } from "./words.js";

const STORED = /^yz_ingest_readings_stored_total(?:\{[^}]*\})? (\S+)$/gm;
const WINDOW = 8;

export class Header {
  constructor() {
    this._samples = []; // [ms, readings stored since the cloud started]
    this._figures = Object.fromEntries(["rate", "total", "neurons", "gateways"].map((name) => [name, html("b", { id: `figure-${name}` }, "–")]));
    this._states = new Map(LISTED.map((state) => [state, html("span", {}, "0")]));
    const states = html("div", { class: "states" }, ...LISTED.map((state) =>
      html("span", { "data-state": state, title: say(state) }, mark(state), this._states.get(state))));
    this._clock = html("b", { class: "clock" });
    this._day = html("small");
    byId("header").append(
      html("h1", {}, html("span", { class: "brand" }, say("title")), html("small", {}, say("subtitle"))),
      ...Object.entries(this._figures).map(([name, figure]) => html("div", { class: `figure ${name}` }, figure, html("small", {}, say(name)))),
      states,
      html("div", { class: "figure time" }, this._clock, this._day),
      html("button", { type: "button", class: "language", lang: language === "zh" ? "en" : "zh-CN", onclick: switchLanguage }, say("other_language")),
    );
    this.tick();
  }

  tick() {
    const at = now();
    setText(this._clock, clockText(at));
    setText(this._day, `${dayText(at)} · ${say("clock")}`);
  }

  neurons(counts) {
    const total = LISTED.reduce((sum, state) => sum + counts[state], 0);
    setText(this._figures.neurons, countText(total));
    for (const [state, element] of this._states) {
      setText(element, countText(counts[state]));
      element.parentElement.classList.toggle("none", counts[state] === 0);
    }
  }

  /** What the cloud counts of itself, as Prometheus text; null when it keeps that to itself. */
  metrics(text) {
    const found = text === null ? [] : [...text.matchAll(STORED)];
    if (found.length === 0) return;
    const stored = found.reduce((sum, [, value]) => sum + Number(value), 0);
    const last = this._samples.at(-1);
    if (last !== undefined && stored < last[1]) this._samples = []; // the cloud started anew
    this._samples.push([performance.now(), stored]);
    if (this._samples.length > WINDOW) this._samples.shift();
    setText(this._figures.total, countText(stored));
    const [first, newest] = [this._samples[0], this._samples.at(-1)];
    if (newest[0] > first[0]) setText(this._figures.rate, rateText(((newest[1] - first[1]) / (newest[0] - first[0])) * 1000));
  }

  gateways(total, away) {
    setText(this._figures.gateways, `${countText(total - away)} / ${countText(total)}`);
    setData(this._figures.gateways.parentElement, "whole", away === 0 ? "yes" : "no");
  }
}
