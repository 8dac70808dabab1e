// What a mark stands for, beside the pointer.

import { byId, html } from "./dom.js";
import { lastHeard } from "./district.js";
import { kindName, propertyName, unitName, valueText } from "./names.js";
import { durationText } from "./time.js";
import { now } from "./api.js";
import { say } from "./words.js";

const MOST = 4;

export function watchPointer(district) {
  const tip = byId("tip");
  const sea = byId("sea");
  sea.addEventListener("pointerover", (event) => {
    const id = event.target.closest?.(".neuron")?.dataset.id;
    const neuron = district.neurons.get(id);
    tip.hidden = neuron === undefined;
    if (neuron === undefined) return;
    const heard = lastHeard(neuron);
    tip.replaceChildren(
      html("strong", {}, neuron.name || neuron.id),
      html("span", {}, `${kindName(neuron.kind)} · ${say(neuron.state)}`),
      ...neuron.datastreams.slice(0, MOST).filter(({ key }) => neuron.readings.has(key)).map(({ key, property, channel, unit }) =>
        html("span", {}, `${propertyName(property, channel)} ${valueText(neuron.readings.get(key).value)} ${unitName(unit)}`)),
      heard ? html("small", {}, say("ago", durationText(now() - heard))) : "");
    const box = sea.getBoundingClientRect();
    const mark = event.target.getBoundingClientRect();
    const left = mark.right - box.left + 8;
    tip.style.left = `${left + tip.offsetWidth > box.width ? mark.left - box.left - tip.offsetWidth - 8 : left}px`;
    tip.style.top = `${Math.max(4, Math.min(mark.top - box.top - 8, box.height - tip.offsetHeight - 4))}px`;
  });
}
