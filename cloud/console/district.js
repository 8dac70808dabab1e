// What is known of the district: neurons, their newest readings, alarms; and which neurons look different now.

import { now } from "./api.js";
import { STATES, stateOf } from "./states.js";

/** Neurons by identifier and what is known of each. */
export class District {
  constructor() {
    this.neurons = new Map();
    this.towns = new Map();
    this.alarms = [];
    this.gateways = [];
    this.sought = { kind: "", town: "" };
    this._owners = new Map(); // datastream key -> neuron
    this._inAlarm = new Map(); // neuron identifier -> its alarms
  }

  takeTowns(items) {
    this.towns = new Map(items.map((town) => [town.code, town]));
  }

  /** The registry as it is now. Returns {added, gone}: neurons to draw anew and identifiers to take away. */
  takeNeurons(items) {
    const added = [];
    const gone = new Set(this.neurons.keys());
    this._owners.clear();
    for (const item of items) {
      gone.delete(item.id);
      const known = this.neurons.get(item.id);
      if (known?.updated !== item.updated) added.push(item.id);
      const neuron = { ...item, state: known?.state ?? "never", readings: known?.readings ?? new Map() };
      this.neurons.set(item.id, neuron);
      for (const stream of item.datastreams) this._owners.set(stream.key, neuron);
    }
    for (const id of gone) this.neurons.delete(id);
    return { added, gone };
  }

  /** The newest readings. Returns {changed: identifiers with newer ones, strange: whether the registry must be read anew}. */
  takeLatest(rows) {
    const changed = new Set();
    let strange = false;
    for (const row of rows) {
      const neuron = this._owners.get(row.datastream);
      if (neuron === undefined) {
        strange = true;
        continue;
      }
      const known = neuron.readings.get(row.datastream);
      if (known?.time === row.time && known.quality === row.quality && known.value === row.value) continue;
      const { time, value, quality, reasons } = row;
      neuron.readings.set(row.datastream, { time, value, quality, reasons, ms: Date.parse(time) });
      changed.add(neuron.id);
    }
    return { changed, strange };
  }

  /** Alarms whose condition holds; a shelved one tells nobody. */
  takeAlarms(items) {
    this.alarms = items;
    this._inAlarm.clear();
    for (const alarm of items) {
      const mine = this._inAlarm.get(alarm.neuron.id);
      if (mine === undefined) this._inAlarm.set(alarm.neuron.id, [alarm]);
      else mine.push(alarm);
    }
  }

  takeGateways(items) {
    this.gateways = items;
  }

  awayGateways() {
    return this.gateways.filter((gateway) => gateway.status?.online !== true);
  }

  alarmsOf(id) {
    return this._inAlarm.get(id) ?? [];
  }

  /** Judge every neuron anew, because silence comes by itself. Returns those whose state changed. */
  settle() {
    const at = now();
    const changed = [];
    for (const neuron of this.neurons.values()) {
      const alarmed = this.alarmsOf(neuron.id).some((alarm) => alarm.shelved === null);
      const state = stateOf(neuron.readings.values(), alarmed, at);
      if (state === neuron.state) continue;
      neuron.state = state;
      changed.push(neuron);
    }
    return changed;
  }

  isSought(neuron) {
    const { kind, town } = this.sought;
    return (kind === "" || neuron.kind === kind) && (town === "" || townCode(neuron) === town);
  }

  *found() {
    for (const neuron of this.neurons.values()) if (this.isSought(neuron)) yield neuron;
  }

  /** How many of those that are sought are in each state. */
  counts() {
    const counts = Object.fromEntries(STATES.map((state) => [state, 0]));
    for (const neuron of this.found()) counts[neuron.state] += 1;
    return counts;
  }

  townOf(neuron) {
    return this.towns.get(townCode(neuron)) ?? null;
  }
}

/** When a neuron was last heard, ms; 0: never. */
export function lastHeard(neuron) {
  let newest = 0;
  for (const { ms } of neuron.readings.values()) if (ms > newest) newest = ms;
  return newest;
}

/** A village's code begins with its town's. */
export function townCode(neuron) {
  return neuron.town?.slice(0, 9) ?? "";
}
