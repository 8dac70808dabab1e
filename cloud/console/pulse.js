// The refresh: every few seconds while somebody looks, slower when the cloud is slow, with patience when it is away.

import { Lost, Unauthorized, now } from "./api.js";
import { showFound, showGate, showLost } from "./gate.js";

const PERIOD_MS = 2_500;
const LONGEST_MS = 20_000;
const SHARE = 4; // a round is at most a quarter of the time

export class Pulse {
  /** @param round asked with its number, 0, 1, ...; what it throws becomes the banner or the gate. */
  constructor(round) {
    this._round = round;
    this._number = 0;
    this._failures = 0;
    this._timer = null;
    this._running = false;
    this._heardMs = null;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.now();
    });
  }

  /** A round at once; nothing when one is under way. */
  async now() {
    if (this._running) return;
    clearTimeout(this._timer);
    this._running = true;
    const began = performance.now();
    try {
      await this._round(this._number);
      this._number += 1;
      this._failures = 0;
      this._heardMs = now();
      showFound();
    } catch (error) {
      if (error instanceof Unauthorized) return void showGate(); // nothing to refresh until somebody logs in
      if (!(error instanceof Lost)) reportError(error); // a mistake of ours: the screen must not look alive
      this._failures += 1;
      showLost(this._heardMs);
    } finally {
      this._running = false;
    }
    const took = performance.now() - began;
    const patience = this._failures ? PERIOD_MS * 1.6 ** this._failures : Math.max(PERIOD_MS, took * SHARE);
    if (!document.hidden) this._timer = setTimeout(() => this.now(), Math.min(patience, LONGEST_MS));
  }
}
