// One alarm in the panel of its neuron, with the button that says "I have seen it".

import { Refused, post } from "./api.js";
import { html } from "./dom.js";
import { propertyName, unitName, valueText } from "./names.js";
import { age, fullText } from "./time.js";
import { say } from "./words.js";

const SIGNS = { gt: ">", lt: "<" };

/** @param seen called after it was acknowledged. */
export function alarmBox(alarm, seen) {
  const { rule, shelved } = alarm;
  const raised = Date.parse(alarm.raised);
  const unit = unitName(alarm.unit);
  const limit = `${SIGNS[rule.comparison] ?? rule.comparison} ${valueText(rule.threshold)} ${unit}`;
  const answer = html("small");
  const who = alarm.acknowledged_by === null || alarm.state !== "active_acked" ? null : say("acknowledged_by", alarm.acknowledged_by);
  return html("div", { class: "alarm" },
    html("strong", {}, rule.name),
    html("span", {}, `${propertyName(alarm.property)} ${valueText(alarm.value)} ${unit} (${limit})`),
    html("small", {}, `${say("since")} ${fullText(raised)} · ${say("lasting")} `, age(raised)),
    who && html("small", {}, who),
    shelved && html("small", {}, say("shelved", fullText(Date.parse(shelved.until)))),
    alarm.state === "active_unacked" ? html("button", { type: "button", onclick: () => acknowledge(alarm.id, answer, seen) }, say("acknowledge")) : null,
    answer);
}

async function acknowledge(id, answer, seen) {
  try {
    await post(`/api/v1/alarms/${id}/acknowledge`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    answer.textContent = error.message;
  }
  await seen();
}
