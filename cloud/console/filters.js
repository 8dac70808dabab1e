// What the picture is narrowed to: one kind, one town.

import { byId, html } from "./dom.js";
import { countText, kindName } from "./names.js";
import { townCode } from "./district.js";
import { named, say } from "./words.js";

export class Filters {
  constructor(district, changed) {
    this._district = district;
    const note = () => {
      district.sought = { kind: this._kind.value, town: this._town.value };
      this._town.classList.toggle("set", this._town.value !== "");
      this._kind.classList.toggle("set", this._kind.value !== "");
      changed();
    };
    this._kind = html("select", { name: "kind", "aria-label": say("kind"), onchange: note });
    this._town = html("select", { name: "town", "aria-label": say("town"), onchange: note });
    const form = byId("filters");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.append(this._kind, this._town);
  }

  /** The registry changed: which kinds and towns there are, and how many of each. */
  offer() {
    const kinds = new Map();
    const towns = new Map();
    for (const neuron of this._district.neurons.values()) {
      kinds.set(neuron.kind, (kinds.get(neuron.kind) ?? 0) + 1);
      towns.set(townCode(neuron), (towns.get(townCode(neuron)) ?? 0) + 1);
    }
    const sorted = [...kinds].sort((a, b) => b[1] - a[1]);
    fill(this._kind, say("all_kinds"), sorted.map(([kind, count]) => [kind, kindName(kind), count]));
    fill(this._town, say("all_towns"),
      [...this._district.towns.values()].map((town) => [town.code, named(town.name, town.name_latin), towns.get(town.code) ?? 0]));
  }
}

function fill(select, all, rows) {
  const { value } = select;
  const options = rows.map(([code, name, count]) => html("option", { value: code }, `${name} (${countText(count)})`));
  select.replaceChildren(html("option", { value: "" }, all), ...options);
  select.value = rows.some(([code]) => code === value) ? value : "";
}
