// The neurons on the map: one mark each, in the layer of its state; one tab stop for all, arrows go to the neighbour.

import { setData, svg } from "./dom.js";
import { kindName } from "./names.js";
import { STATES } from "./states.js";
import { say } from "./words.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Marks {
  constructor(district, projection, choose) {
    this._district = district;
    this._projection = projection;
    this._choose = choose;
    this._marks = new Map(); // identifier -> {element, use, place}
    this._layers = new Map(STATES.map((state) => [state, svg("g", { class: "layer", "data-layer": state })]));
    this._ring = svg("g", { class: "chosen", visibility: "hidden" }, svg("circle", { r: 15 }));
    this._chosen = null;
    this._stop = null;
    this._scale = 1;
    this.element = svg("g", { class: "neurons" }, ...this._layers.values(), this._ring);
    this.element.addEventListener("click", (event) => this._pick(event));
    this.element.addEventListener("focusin", (event) => this._pick(event));
    this.element.addEventListener("keydown", (event) => this._walk(event));
  }

  redraw(added, gone) {
    for (const id of gone) this._remove(id);
    for (const id of added) {
      const neuron = this._district.neurons.get(id);
      if (!neuron.location) this._remove(id);
      else this._put(neuron);
    }
    if (this._stop === null || !this._marks.has(this._stop)) this._tabStop(this._marks.keys().next().value ?? null);
  }

  recolour(neurons) {
    for (const neuron of neurons) this._dress(neuron);
  }

  filter(state) {
    for (const [id, { element }] of this._marks) {
      const neuron = this._district.neurons.get(id);
      element.classList.toggle("hidden", !this._district.isSought(neuron) || (state !== null && neuron.state !== state));
    }
  }

  /** Where they stand, km from the middle. */
  places() {
    return [...this._marks.values()].map(({ place }) => place);
  }

  select(neuron) {
    this._chosen = neuron?.id ?? null;
    if (this._marks.has(this._chosen)) this._tabStop(this._chosen);
    this._ringAt();
  }

  draw({ x, y, scale, zoom }) {
    this.element.setAttribute("transform", `translate(${x} ${y})`);
    if (scale !== this._scale) {
      this._scale = scale;
      for (const one of this._marks.values()) this._move(one);
    }
    const crowd = Math.min(1, Math.sqrt(220 / Math.max(1, this._marks.size)));
    const room = Math.min(1.3, scale / 9); // px per km: a narrow window has less
    const size = Math.min(1.6, Math.max(0.4, crowd * room * Math.sqrt(zoom)));
    this.element.style.setProperty("--size", size.toFixed(3));
    this._ringAt();
  }

  _put(neuron) {
    this._remove(neuron.id);
    const use = svg("use");
    const element = svg("g", { class: "neuron", role: "button", tabindex: "-1", "data-id": neuron.id, "data-kind": neuron.kind }, use);
    const one = { element, use, place: this._projection.place(neuron.location.coordinates) };
    this._marks.set(neuron.id, one);
    this._move(one);
    this._dress(neuron);
  }

  _remove(id) {
    this._marks.get(id)?.element.remove();
    this._marks.delete(id);
  }

  _dress(neuron) {
    const one = this._marks.get(neuron.id);
    if (one === undefined) return;
    const focused = document.activeElement === one.element;
    setData(one.element, "state", neuron.state);
    one.use.setAttribute("href", `#mark-${neuron.state}`);
    one.element.setAttribute("aria-label", `${neuron.name || neuron.id}, ${kindName(neuron.kind)}, ${say(neuron.state)}`);
    this._layers.get(neuron.state).append(one.element);
    if (focused) one.element.focus({ preventScroll: true });
  }

  _move({ element, place }) {
    element.setAttribute("transform", `translate(${(place[0] * this._scale).toFixed(1)} ${(place[1] * this._scale).toFixed(1)})`);
  }

  _ringAt() {
    const one = this._marks.get(this._chosen);
    this._ring.setAttribute("visibility", one === undefined ? "hidden" : "visible");
    if (one !== undefined) this._ring.setAttribute("transform", one.element.getAttribute("transform"));
  }

  _tabStop(id) {
    this._marks.get(this._stop)?.element.setAttribute("tabindex", "-1");
    this._stop = id;
    this._marks.get(id)?.element.setAttribute("tabindex", "0");
  }

  _pick(event) {
    const id = event.target.closest(".neuron")?.dataset.id;
    if (id !== undefined && id !== this._chosen) this._choose(id);
  }

  /** The nearest neuron within a right angle round the arrow's direction. */
  _walk(event) {
    const direction = ARROWS[event.key];
    const here = this._marks.get(event.target.dataset.id);
    if (direction === undefined || here === undefined) return;
    event.preventDefault();
    let nearest = null;
    let least = Infinity;
    for (const { element, place } of this._marks.values()) {
      const [dx, dy] = [place[0] - here.place[0], place[1] - here.place[1]];
      const along = dx * direction[0] + dy * direction[1];
      const aside = Math.abs(dx * direction[1]) + Math.abs(dy * direction[0]);
      if (along <= 0 || aside > along || element.classList.contains("hidden")) continue;
      if (along + 2 * aside < least) [nearest, least] = [element, along + 2 * aside];
    }
    nearest?.focus();
  }
}
