// What is wrong, where, since when, who has it: the list beside the map while no neuron is chosen.

import { byId, html } from "./dom.js";
import { lastHeard } from "./district.js";
import { unitName, valueText } from "./names.js";
import { mark } from "./states.js";
import { age } from "./time.js";
import { named, say } from "./words.js";

const MOST = 60;
const PRIORITIES = ["high", "medium", "low"];
const RANKED = ["fail", "suspect", "silent", "never"];

export class Attention {
  constructor(district, choose) {
    this._district = district;
    this._choose = choose;
    this._shown = null;
    this._list = html("ol");
    this._count = html("b");
    byId("attention").append(html("h2", {}, say("attention"), this._count), this._list);
  }

  /** Drawn anew only when another row stands on it; the ages grow by themselves. */
  show() {
    const rows = [...this._alarms(), ...this._gateways(), ...this._neurons()];
    const empty = this._district.found().next().done;
    const signature = empty ? "empty" : rows.map(({ key }) => key).join();
    if (signature === this._shown) return;
    this._shown = signature;
    this._count.textContent = rows.length === 0 ? "" : rows.length;
    const drawn = rows.slice(0, MOST).map((row) => this._row(row));
    if (rows.length > MOST) drawn.push(html("li", { class: "more" }, say("more", rows.length - MOST)));
    if (empty) drawn.push(calm("never", "empty"));
    else if (rows.length === 0) drawn.push(calm("fresh", "calm"));
    this._list.replaceChildren(...drawn);
  }

  *_alarms() {
    const alarms = this._district.alarms.filter(({ neuron }) => {
      const known = this._district.neurons.get(neuron.id);
      return known !== undefined && this._district.isSought(known);
    });
    const urgency = ({ state, priority }) => (state === "active_acked" ? 10 : 0) + PRIORITIES.indexOf(priority);
    alarms.sort((a, b) => urgency(a) - urgency(b) || Date.parse(b.raised) - Date.parse(a.raised));
    for (const alarm of alarms) {
      const { shelved, acknowledged_by: by } = alarm;
      yield {
        key: `${alarm.id} ${alarm.state} ${alarm.raised} ${alarm.value} ${shelved?.until}`,
        id: alarm.neuron.id,
        state: "alarm",
        what: `${alarm.rule.name} · ${valueText(alarm.value)} ${unitName(alarm.unit)}`,
        since: Date.parse(alarm.raised),
        who: by === null ? "" : say("acknowledged_by", by),
        seen: alarm.state === "active_acked" || shelved !== null,
      };
    }
  }

  *_gateways() {
    for (const { id, name, last_seen: seen } of this._district.awayGateways()) {
      const since = seen === null ? null : Date.parse(seen);
      yield { key: `${id} ${seen}`, id: null, name: name || id, state: "silent", what: say("offline"), since, who: "" };
    }
  }

  *_neurons() {
    const wrong = [...this._district.found()].filter(({ state }) => RANKED.includes(state));
    wrong.sort((a, b) => RANKED.indexOf(a.state) - RANKED.indexOf(b.state) || lastHeard(a) - lastHeard(b));
    for (const { id, state } of wrong) {
      const since = lastHeard(this._district.neurons.get(id));
      // the time of a failing sensor's newest reading moves all the time, that of a silent one stands
      yield { key: `${id} ${state} ${state === "silent" ? since : ""}`, id, state, what: say(state), since: state === "silent" ? since : null, who: "" };
    }
  }

  _row({ id, name, state, what, since, who, seen }) {
    const neuron = this._district.neurons.get(id);
    const town = neuron === undefined ? null : this._district.townOf(neuron);
    const place = town === null ? "" : named(town.name, town.name_latin);
    const when = since ? html("small", {}, `${say("lasting")} `, age(since)) : null;
    return html("li", { "data-state": state, class: seen ? "seen" : null },
      html("button", { type: "button", disabled: id === null, onclick: () => this._choose(id) },
        mark(state),
        html("span", { class: "words" }, html("strong", {}, name ?? (neuron.name || id)), html("span", {}, what), who && html("small", {}, who)),
        html("span", { class: "where" }, html("small", {}, place), when)));
  }
}

function calm(state, words) {
  return html("li", { class: "calm" }, mark(state), html("strong", {}, say(words)), say(`${words}_hint`));
}
