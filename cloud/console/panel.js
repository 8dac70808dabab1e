// One neuron: what it is, what it watches, what each of its datastreams said last, and the last hour of one.

import { Refused, get } from "./api.js";
import { alarmBox } from "./alarm_box.js";
import { Chart } from "./chart.js";
import { byId, html, setData, setText } from "./dom.js";
import { kindName, propertyName, unitName, valueText } from "./names.js";
import { mark } from "./states.js";
import { age, fullText, setAge } from "./time.js";
import { named, say } from "./words.js";

export class Panel {
  /** @param closed called when the panel was closed; @param stirred after an alarm was acknowledged. */
  constructor(district, closed, stirred) {
    this._district = district;
    this._stirred = stirred;
    this._closed = closed;
    this._element = byId("panel");
    this._rows = new Map(); // datastream key -> its cells
    this._alarmed = null;
    this.id = null;
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.id !== null) closed();
    });
  }

  open(neuron) {
    this.id = neuron.id;
    this._rows.clear();
    this._alarmed = null;
    this._mark = html("span", { class: "big" });
    this._state = html("span", { class: "state" });
    this._twin = html("dd", {}, "…");
    this._alarms = html("div", { class: "alarms" });
    this._chart = new Chart();
    this._element.replaceChildren(
      html("div", { class: "head" }, this._mark,
        html("div", {}, html("h2", {}, neuron.name || neuron.id), html("p", {}, kindName(neuron.kind), " · ", this._state)),
        html("button", { type: "button", class: "close", "aria-label": say("close"), title: say("close"), onclick: this._closed }, "×")),
      this._alarms, this._facts(neuron), html("h3", {}, say("datastreams")), this._streams(neuron), this._chart.element);
    this._element.hidden = false;
    this.refresh();
    const alarmed = this._district.alarmsOf(neuron.id)[0]?.datastream;
    const first = neuron.datastreams.find(({ key }) => (alarmed ? key === alarmed : neuron.readings.has(key))) ?? neuron.datastreams[0];
    if (first !== undefined) this._draw(first);
    return this._tellTwin(neuron.id);
  }

  close() {
    this.id = null;
    this._chart?.stop();
    this._element.hidden = true;
    this._element.replaceChildren();
  }

  /** Only what is new is written. */
  refresh() {
    const neuron = this._district.neurons.get(this.id);
    if (neuron === undefined) return;
    if (this._mark.dataset.state !== neuron.state) this._mark.replaceChildren(mark(neuron.state));
    setData(this._mark, "state", neuron.state);
    setText(this._state, say(neuron.state));
    for (const [key, cells] of this._rows) fillRow(cells, neuron.readings.get(key));
    const alarms = this._district.alarmsOf(neuron.id);
    const signature = alarms.map(({ id, updated }) => `${id} ${updated}`).join();
    if (signature === this._alarmed) return;
    this._alarmed = signature;
    this._alarms.replaceChildren(...alarms.map((alarm) => alarmBox(alarm, this._stirred)));
  }

  /** Ask for the last hour again. */
  redraw() {
    return this._chart?.load();
  }

  _facts(neuron) {
    const town = this._district.townOf(neuron);
    const point = neuron.location?.coordinates;
    const hardware = neuron.hardware.map(({ scheme, value }) => html("dd", {}, html("i", {}, scheme), " ", html("code", {}, value)));
    return html("dl", {},
      html("dt", {}, say("town")), html("dd", {}, town === null ? (neuron.town ?? "—") : named(town.name, town.name_latin)),
      html("dt", {}, say("twin")), this._twin,
      html("dt", {}, say("gateway")), html("dd", {}, neuron.gateway === null ? say("no_gateway") : html("code", {}, neuron.gateway)),
      html("dt", {}, say("hardware")), ...(hardware.length ? hardware : [html("dd", {}, "—")]),
      html("dt", {}, say("place")), html("dd", {}, point ? `${point[1].toFixed(5)}°N ${point[0].toFixed(5)}°E` : say("nowhere")),
      html("dt", {}, say("identifier")), html("dd", {}, html("code", {}, neuron.id)));
  }

  _streams(neuron) {
    if (neuron.datastreams.length === 0) return html("p", { class: "nothing" }, say("no_datastreams"));
    return html("ul", { class: "streams" }, ...neuron.datastreams.map((stream) => {
      const cells = { value: html("b", {}, "—"), quality: html("small", { class: "quality" }), age: age(0), unit: unitName(stream.unit) };
      const button = html("button", { type: "button", "data-stream": stream.key, onclick: () => this._draw(stream) },
        html("span", {}, propertyName(stream.property, stream.channel)),
        html("span", { class: "value" }, cells.value, " ", html("i", {}, cells.unit)), cells.quality, cells.age);
      this._rows.set(stream.key, { ...cells, button });
      return html("li", {}, button);
    }));
  }

  _draw(stream) {
    for (const [key, { button }] of this._rows) button.setAttribute("aria-pressed", String(key === stream.key));
    return this._chart.show(stream);
  }

  async _tellTwin(id) {
    const bound = (await get(`/api/v1/neurons/${id}`)).bindings.find(({ to }) => to === null);
    if (bound === undefined) return void (this.id === id && setText(this._twin, say("not_bound")));
    const name = await get(`/api/v1/twins/${bound.twin}`).then((twin) => twin.name, (error) => {
      if (error instanceof Refused) return ""; // a twin in another town than ours
      throw error;
    });
    if (this.id !== id) return undefined;
    return this._twin.replaceChildren(name, name ? html("br") : "", html("code", { title: `${say("since")} ${fullText(Date.parse(bound.from))}` }, bound.twin));
  }
}

function fillRow(cells, reading) {
  const { value, quality, age: when, button } = cells;
  when.hidden = reading === undefined;
  if (reading === undefined) return setText(quality, say("no_reading"));
  setText(value, valueText(reading.value));
  setText(quality, say(`quality_${reading.quality}`));
  setData(button, "quality", String(reading.quality));
  quality.title = reading.reasons.join(", ");
  return setAge(when, reading.ms);
}
