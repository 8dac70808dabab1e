// The last hour of one datastream as a line; where nothing was heard the line has a gap.

import { get, now } from "./api.js";
import { html, setText, svg } from "./dom.js";
import { propertyName, unitName, valueText } from "./names.js";
import { qualityState } from "./states.js";
import { clockText, durationText, shortText } from "./time.js";
import { say } from "./words.js";

const HOUR_MS = 3_600_000;
const QUARTER_MS = 900_000;
const MOST_POINTS = 400; // the panel is not wider than that
const EVERY_S = 10;
const GAPS = 3.5; // of the usual interval
const BOX = { width: 348, height: 176, left: 40, right: 6, top: 8, bottom: 18 };

export class Chart {
  constructor() {
    this._title = html("strong");
    this._note = html("small");
    this._value = html("output");
    this._plot = svg("svg", { viewBox: `0 0 ${BOX.width} ${BOX.height}`, role: "img" });
    this._plot.addEventListener("pointermove", (event) => this._point(event));
    this._plot.addEventListener("pointerleave", () => this._leave());
    this._stream = null;
    this.element = html("figure", { class: "chart", hidden: true },
      html("figcaption", {}, html("span", {}, this._title, " ", this._note), this._value), this._plot);
  }

  show(stream) {
    this._stream = stream;
    this.element.hidden = false;
    setText(this._title, propertyName(stream.property, stream.channel));
    this._plot.replaceChildren();
    return this.load();
  }

  stop() {
    this._stream = null;
  }

  /** Raw readings if there are few, else the means of short buckets. */
  async load() {
    const stream = this._stream;
    if (stream === null) return;
    const to = now();
    const path = `/api/v1/datastreams/${encodeURIComponent(stream.key)}/readings`;
    const span = { from: new Date(to - HOUR_MS).toISOString(), to: new Date(to + 60_000).toISOString() };
    const how = { ...span, format: "columns", limit: MOST_POINTS };
    let answer = await get(path, how);
    const many = answer.next !== null;
    if (many) answer = await get(path, { ...how, every: `${EVERY_S}s`, agg: "mean" });
    if (stream !== this._stream) return; // another one was chosen in the meantime
    const { time_ms: times, value: values, quality: qualities } = answer.columns;
    const points = times.map((ms, row) => ({ ms: ms + (many ? EVERY_S * 500 : 0), value: values[row], quality: qualities[row] }));
    const note = many ? `${say("last_hour")}, ${say("mean_of", durationText(EVERY_S * 1000))}` : say("last_hour");
    setText(this._note, points.length ? note : say("no_hour"));
    this._draw(points.filter(({ value }) => value !== null), to);
  }

  _draw(points, to) {
    this._points = points;
    const { width, height, left, right, top, bottom } = BOX;
    if (points.length === 0) return this._plot.replaceChildren();
    const ticks = levels(Math.min(...points.map((p) => p.value)), Math.max(...points.map((p) => p.value)));
    const [low, high] = [ticks[0], ticks.at(-1)];
    this._x = (ms) => left + ((ms - to + HOUR_MS) / HOUR_MS) * (width - left - right);
    this._y = (value) => top + ((high - value) / (high - low)) * (height - top - bottom);
    const grid = ticks.flatMap((level) => [
      svg("path", { d: `M${left} ${this._y(level)}H${width - right}`, class: "grid" }),
      svg("text", { x: left - 5, y: this._y(level) + 3.5, class: "level" }, valueText(level))]);
    for (let ms = Math.ceil((to - HOUR_MS) / QUARTER_MS) * QUARTER_MS; ms < to; ms += QUARTER_MS) {
      grid.push(svg("path", { d: `M${this._x(ms)} ${top}V${height - bottom}`, class: "grid" }),
        svg("text", { x: this._x(ms), y: height - 4, class: "moment" }, shortText(ms)));
    }
    const d = line(points, this._x, this._y);
    const bad = points.filter(({ quality }) => qualityState(quality) !== "fresh").map(({ ms, value, quality }) =>
      svg("circle", { cx: this._x(ms), cy: this._y(value), r: 2.5, "data-state": qualityState(quality) }));
    this._cross = svg("g", { class: "cross", visibility: "hidden" }, svg("path", { d: `M0 ${top}V${height - bottom}` }), svg("circle", { r: 3.5 }));
    this._plot.replaceChildren(...grid, svg("path", { d, class: "line" }), ...bad, this._dot(points.at(-1)), this._cross);
    return this._leave();
  }

  _dot({ ms, value }) {
    return svg("circle", { cx: this._x(ms), cy: this._y(value), r: 3, class: "last" });
  }

  _point(event) {
    if (!this._points?.length) return;
    const box = this._plot.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * BOX.width;
    const nearest = this._points.reduce((best, one) => (Math.abs(this._x(one.ms) - x) < Math.abs(this._x(best.ms) - x) ? one : best));
    this._cross.setAttribute("visibility", "visible");
    this._cross.firstChild.setAttribute("transform", `translate(${this._x(nearest.ms)} 0)`);
    this._cross.lastChild.setAttribute("transform", `translate(${this._x(nearest.ms)} ${this._y(nearest.value)})`);
    setText(this._value, `${clockText(nearest.ms)}  ${valueText(nearest.value)} ${unitName(this._stream.unit)}`);
  }

  _leave() {
    this._cross?.setAttribute("visibility", "hidden");
    setText(this._value, this._stream === null ? "" : unitName(this._stream.unit));
  }
}

/** Three to six round levels that hold low and high between them. */
function levels(low, high) {
  const span = high - low || Math.abs(high) * 0.1 || 1;
  const rough = 10 ** Math.floor(Math.log10(span / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * rough).find((width) => span / width <= 4.5);
  const first = Math.floor((low === high ? low - span / 2 : low) / step);
  const last = Math.ceil((low === high ? high + span / 2 : high) / step);
  return Array.from({ length: Math.max(2, last - first + 1) }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

function line(points, x, y) {
  const steps = points.slice(1).map((point, index) => point.ms - points[index].ms).sort((a, b) => a - b);
  const gap = (steps[Math.floor(steps.length / 2)] ?? 0) * GAPS;
  return points
    .map(({ ms, value }, index) => {
      const broken = index === 0 || ms - points[index - 1].ms > gap;
      return `${broken ? "M" : "L"}${x(ms).toFixed(1)} ${y(value).toFixed(1)}${broken ? "h.01" : ""}`;
    })
    .join("");
}
