// What is shown instead of the picture: no session, or no answer.

import { byId, html, setText } from "./dom.js";
import { clockText } from "./time.js";
import { say } from "./words.js";

/** How to get a link, for somebody without a session. */
export function showGate() {
  const gate = byId("gate");
  if (!gate.hidden) return;
  const origin = location.origin;
  const command = `curl -X POST -H "Authorization: Bearer $(cat data/secrets/admin-api-key)" ${origin}/api/v1/tickets`;
  gate.append(html("div", {},
    html("h1", {}, say("title")),
    html("h2", {}, say("gate_title")),
    html("p", {}, say("gate_why")),
    html("p", {}, html("code", {}, "yingzhou up"), " ", say("gate_up")),
    html("pre", {}, `${origin}/login?ticket=…`),
    html("p", {}, say("gate_running")),
    html("pre", {}, command),
    html("p", {}, say("gate_then", origin)),
    html("button", { type: "button", onclick: () => location.reload() }, say("again"))));
  gate.hidden = false;
  document.body.classList.add("gated");
}

/** @param ms when the picture was right for the last time; null: it never was. */
export function showLost(ms) {
  const banner = byId("banner");
  const when = ms === null ? "" : ` · ${say("last_update", clockText(ms))}`;
  setText(banner, `${say("lost")}${when} · ${say("retrying")}`);
  banner.hidden = false;
  document.body.classList.add("lost");
}

export function showFound() {
  byId("banner").hidden = true;
  document.body.classList.remove("lost");
}
