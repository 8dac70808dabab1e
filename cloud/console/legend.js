// The legend is the count and the filter, too: one button per state.

import { byId, html, setText } from "./dom.js";
import { countText } from "./names.js";
import { LIMITS_MS, LISTED, mark, setSilenceLimit, silenceLimit } from "./states.js";
import { durationText } from "./time.js";
import { say } from "./words.js";

export class Legend {
  /** @param changed called with the one state to show, or null for all; and after another limit of silence. */
  constructor(changed) {
    this.state = null;
    this._changed = changed;
    this._counts = new Map();
    this._buttons = new Map();
    byId("legend").append(html("h2", {}, say("legend")), ...LISTED.map((state) => this._row(state)));
  }

  show(counts) {
    for (const state of LISTED) {
      setText(this._counts.get(state), countText(counts[state]));
      this._buttons.get(state).classList.toggle("none", counts[state] === 0);
    }
  }

  _row(state) {
    const count = html("b", { "data-count": state }, "0");
    const hint = html("small", {}, say(`${state}_hint`));
    const limited = state === "silent"; // its hint goes on with the limit, which is not part of the button
    const words = html("span", { class: "words" }, html("strong", {}, say(state)), limited ? null : hint);
    const button = html("button", { type: "button", "aria-pressed": "false", "data-state": state, onclick: () => this._press(state) },
      mark(state), words, count);
    this._counts.set(state, count);
    this._buttons.set(state, button);
    return html("div", { class: "row" }, button, limited ? html("label", {}, hint, " ", this._limit()) : null);
  }

  _limit() {
    const select = html("select", { onchange: () => {
      setSilenceLimit(Number(select.value));
      this._changed();
    } }, ...LIMITS_MS.map((ms) => html("option", { value: ms, selected: ms === silenceLimit() }, durationText(ms))));
    return select;
  }

  _press(state) {
    this.state = this.state === state ? null : state;
    for (const [each, button] of this._buttons) button.setAttribute("aria-pressed", String(each === this.state));
    this._changed();
  }
}
