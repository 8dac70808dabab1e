// The towns' names, each where it covers the least: of the other names, then of the neurons.

import { svg } from "./dom.js";
import { named } from "./words.js";

const SIZE_PX = 13;
const RINGS_PX = [7, 13, 21]; // how far from the seat
const MARK_PX = 8;
const EDGE_PX = 3;
const MOST_MARKS = 400; // in a thicker crowd no name has room

export class Labels {
  constructor(towns, projection) {
    this.element = svg("g", { class: "towns", "aria-hidden": "true" });
    this._labels = [...towns.values()].map((town) => {
      const text = named(town.name.replace(/(?<=..)[镇乡]$/, ""), town.name_latin);
      const element = svg("text", { "data-town": town.code }, text);
      const width = [...text].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 0x2e80 ? SIZE_PX : SIZE_PX * 0.56), 0);
      this.element.append(element);
      return { element, width, place: projection.place(town.location.coordinates) };
    });
    this.forget();
  }

  /** The neurons stand elsewhere now: place the names anew. */
  forget() {
    this._scale = 0;
  }

  /** On the whole map no name is cut off by the window's edge, if there is another place for it.
   *  @param neurons their places, km from the middle. */
  draw({ x, y, scale, zoom }, neurons) {
    this.element.setAttribute("transform", `translate(${x} ${y})`);
    if (scale === this._scale) return;
    this._scale = scale;
    const marks = neurons.length > MOST_MARKS ? [] : neurons.map(([east, south]) => around(east * scale, south * scale, MARK_PX, MARK_PX));
    const edge = zoom === 1 ? x - EDGE_PX : Infinity;
    const names = [];
    for (const { element, width, place } of this._labels) {
      const boxes = anchors(place[0] * scale, place[1] * scale, width);
      const best = boxes.reduce((least, box) => {
        const cost = box.cost + 4 * covered(box, names) + covered(box, marks) + cutOff(box, edge);
        return cost < least.total ? { ...box, total: cost } : least;
      }, { total: Infinity });
      names.push(best);
      element.setAttribute("x", ((best.left + best.right) / 2).toFixed(1));
      element.setAttribute("y", (best.bottom - 4).toFixed(1));
    }
  }
}

/** On the seat, above, below, right, left, then the corners; near before far. */
function anchors(x, y, width) {
  const [half, rise] = [width / 2, SIZE_PX / 2 + 1];
  return RINGS_PX.flatMap((gap, ring) => {
    const [aside, aloft] = [half + gap, rise + gap];
    const places = [[0, -aloft], [0, aloft], [aside, 0], [-aside, 0], [aside, -aloft], [-aside, -aloft], [aside, aloft], [-aside, aloft]];
    if (ring === 0) places.unshift([0, 0]);
    return places.map(([dx, dy], rank) => ({ ...around(x + dx, y + dy, half, rise), cost: rank * 2 + ring * 25 }));
  });
}

function around(x, y, half, rise) {
  return { left: x - half, right: x + half, top: y - rise, bottom: y + rise };
}

/** Ten times the px² of a box that lie right or left of the window, whose middle is 0. */
function cutOff(box, edge) {
  return 20 * SIZE_PX * Math.max(0, -edge - box.left, box.right - edge);
}

/** px² of a box that lie under others. */
function covered(box, others) {
  let sum = 0;
  for (const other of others) {
    const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
    const down = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
    if (across > 0 && down > 0) sum += across * down;
  }
  return sum;
}
