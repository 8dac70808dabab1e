// The picture: islands, towns, neurons. A refresh touches only the neurons that changed.

import { byId, html, setData, svg } from "./dom.js";
import { Labels } from "./labels.js";
import { Marks } from "./marks.js";
import { Projection } from "./projection.js";
import { marks } from "./states.js";
import { View, steer } from "./view.js";
import { locale, say } from "./words.js";

const MARGIN_PX = 36;

export class IslandMap {
  /** @param choose called with the identifier of the neuron that was clicked or focused. */
  constructor(outline, district, choose) {
    const rings = outline.features.flatMap(({ geometry }) =>
      geometry.type === "Polygon" ? geometry.coordinates[0] : geometry.coordinates.flatMap((polygon) => polygon[0]));
    this._projection = new Projection(rings);
    this._land = svg("g", { class: "land" }, ...this._coasts(outline.features));
    this._root = svg("svg", { class: "islands", role: "group", "aria-label": say("title") }, marks(), this._land);
    this._marks = new Marks(district, this._projection, choose);
    this._labels = new Labels(district.towns, this._projection);
    this._root.append(this._marks.element, this._labels.element);
    this._view = new View(this._projection, () => this._draw());
    this._bar = html("span", { class: "bar" });
    this._length = html("span");
    const host = byId("map");
    host.append(this._root, this._tools(), html("div", { class: "scale" }, this._length, this._bar));
    steer(this._root, this._view);
    new ResizeObserver(([{ contentRect }]) => {
      const { width, height } = contentRect;
      this._view.resize(width, height, Math.min(MARGIN_PX, width / 20));
    }).observe(host);
  }

  /** Neurons that are new, moved or renamed, and identifiers that are gone. */
  redraw(added, gone) {
    this._marks.redraw(added, gone);
    this._labels.forget();
    this._draw();
  }

  /** Neurons whose state changed. */
  recolour(neurons) {
    this._marks.recolour(neurons);
  }

  /** Show only those that are sought, and of them only one state if one is given. */
  filter(state) {
    this._marks.filter(state);
  }

  /** Ring the chosen one; none for null. */
  select(neuron) {
    this._marks.select(neuron);
    if (neuron?.location) this._view.reveal(this._projection.place(neuron.location.coordinates));
  }

  _coasts(features) {
    // the shallows first, each wider than the next, then the land over all of them
    const paths = features.map(({ geometry, properties }) => ({ d: this._projection.path(geometry), name: properties.name }));
    const waves = [3, 2, 1].map((wave) =>
      svg("g", { class: `shallow wave-${wave}` }, ...paths.map(({ d }) => svg("path", { d }))));
    return [...waves, ...paths.map(({ d, name }) => svg("path", { d, class: "island", "data-island": name }))];
  }

  _tools() {
    const button = (sign, words, act) => html("button", { type: "button", title: say(words), "aria-label": say(words), onclick: act }, sign);
    return html("div", { class: "tools" },
      button("+", "zoom_in", () => this._view.zoomIn()),
      button("−", "zoom_out", () => this._view.zoomOut()),
      button("⤢", "whole", () => this._view.fit()));
  }

  _draw() {
    const { x, y, scale, zoom } = this._view;
    this._land.setAttribute("transform", `translate(${x} ${y}) scale(${scale})`);
    this._marks.draw(this._view);
    this._labels.draw(this._view, this._marks.places());
    const km = [50, 20, 10, 5, 2, 1, 0.5, 0.2].find((length) => length * scale <= 130) ?? 0.1;
    this._bar.style.width = `${km * scale}px`;
    this._length.textContent = `${km.toLocaleString(locale)} km`;
    setData(this._root, "near", zoom > 3 ? "yes" : "no");
  }
}
