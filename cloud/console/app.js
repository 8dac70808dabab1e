// The console: asks, and lets the picture, the list and the panel know what changed.

import { Lost, Refused, Unauthorized, all, get, getText } from "./api.js";
import { Attention } from "./attention.js";
import { District } from "./district.js";
import { byId, html } from "./dom.js";
import { Filters } from "./filters.js";
import { showGate, showLost } from "./gate.js";
import { Header } from "./header.js";
import { Legend } from "./legend.js";
import { IslandMap } from "./map.js";
import { loadProperties } from "./names.js";
import { Panel } from "./panel.js";
import { Pulse } from "./pulse.js";
import { growOlder } from "./time.js";
import { watchPointer } from "./tip.js";
import { language, say } from "./words.js";

const ACTIVE = ["active_unacked", "active_acked"];
const GATEWAYS_EVERY = 4; // rounds
const CHART_EVERY = 4;
const REGISTRY_EVERY = 24;

class Console {
  constructor(outline, towns) {
    this._district = new District();
    this._district.takeTowns(towns);
    const choose = (id) => this._choose(id);
    this._map = new IslandMap(outline, this._district, choose);
    this._header = new Header();
    this._legend = new Legend(() => this._refilter());
    this._filters = new Filters(this._district, () => this._refilter());
    this._attention = new Attention(this._district, choose);
    this._panel = new Panel(this._district, () => this._choose(null), () => this._pulse.now());
    this._stale = true;
    this._pulse = new Pulse((number) => this._round(number));
    watchPointer(this._district);
    setInterval(() => {
      this._header.tick();
      growOlder();
    }, 1000);
  }

  async start() {
    await this._pulse.now();
    const wanted = location.hash.slice(1);
    if (this._district.neurons.has(wanted)) this._choose(wanted);
    document.body.dataset.ready = "yes";
  }

  async _round(number) {
    if (this._stale || number % REGISTRY_EVERY === 0) await this._readRegistry();
    const [latest, alarms, metrics, gateways] = await Promise.all([
      all("/api/v1/latest", { limit: 10_000 }),
      tolerant(all("/api/v1/alarms", { limit: 1000, state: ACTIVE }), []),
      tolerant(getText("/metrics"), null),
      number % GATEWAYS_EVERY === 0 ? all("/api/v1/gateways", { limit: 1000 }) : null,
    ]);
    this._stale = this._district.takeLatest(latest).strange;
    this._district.takeAlarms(alarms);
    this._header.metrics(metrics);
    if (gateways !== null) this._district.takeGateways(gateways);
    this._settle();
    if (number % CHART_EVERY === CHART_EVERY - 1) await this._panel.redraw();
  }

  async _readRegistry() {
    const { added, gone } = this._district.takeNeurons(await all("/api/v1/neurons", { limit: 1000 }));
    this._stale = false;
    if (added.length === 0 && gone.size === 0) return;
    this._map.redraw(added, gone);
    this._filters.offer();
    this._map.filter(this._legend.state);
    if (gone.has(this._panel.id)) this._choose(null);
  }

  _settle() {
    const changed = this._district.settle();
    this._map.recolour(changed);
    if (changed.length && this._legend.state !== null) this._map.filter(this._legend.state);
    this._tell();
  }

  _refilter() {
    this._map.recolour(this._district.settle());
    this._map.filter(this._legend.state);
    this._tell();
  }

  _tell() {
    const counts = this._district.counts();
    this._legend.show(counts);
    this._header.neurons(counts);
    this._header.gateways(this._district.gateways.length, this._district.awayGateways().length);
    this._attention.show();
    this._panel.refresh();
  }

  /** Open a neuron's panel; null closes it. It stays chosen when the page is loaded anew. */
  async _choose(id) {
    const neuron = id === null ? null : this._district.neurons.get(id);
    history.replaceState(null, "", neuron === null ? location.pathname : `#${id}`);
    document.body.classList.toggle("open", neuron !== null);
    this._map.select(neuron);
    if (neuron === null) return this._panel.close();
    return tolerant(this._panel.open(neuron), undefined);
  }
}

/** What another version of the cloud has not, or does not show to us, is left out. */
async function tolerant(answer, instead) {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refused) return instead;
    throw error;
  }
}

async function open() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = say("title");
  byId("attribution").replaceChildren(
    `${say("land")} © `, link("https://www.openstreetmap.org/copyright", "OpenStreetMap"), " contributors (ODbL) · ",
    `${say("names")} © `, link("https://www.geonames.org", "GeoNames"), " (CC BY 4.0)");
  const [outline, towns] = await Promise.all([get("/api/v1/outline"), all("/api/v1/towns"), loadProperties()]);
  await new Console(outline, towns).start();
}

function link(href, text) {
  return html("a", { href, rel: "noreferrer", target: "_blank" }, text);
}

function again(error) {
  if (error instanceof Unauthorized) return showGate();
  if (!(error instanceof Lost)) reportError(error); // a mistake of ours: said in the browser's console, and on the screen
  showLost(null);
  return setTimeout(() => open().catch(again), 3000);
}

// what is asked because somebody clicked, while the cloud is away: the refresh says so, the click is lost
window.addEventListener("unhandledrejection", ({ reason }) => {
  if (reason instanceof Unauthorized) showGate();
});

open().catch(again);
