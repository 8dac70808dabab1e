// Which part of the plane the window shows: fitted by itself until somebody zooms or drags.

const CLOSEST = 40;
const STEP = 1.5;

/** Scale and shift; `changed` is called at most once per frame. */
export class View {
  constructor(projection, changed) {
    this._projection = projection;
    this._changed = changed;
    this._waiting = false;
    this._window = { width: 1, height: 1, margin: 0 };
    this._moved = false;
    this.fit();
  }

  /** @param margin px kept free on every side. */
  resize(width, height, margin) {
    const { width: oldWidth, height: oldHeight } = this._window;
    this._window = { width, height, margin };
    if (!this._moved) return this.fit();
    this.x += (width - oldWidth) / 2;
    this.y += (height - oldHeight) / 2;
    return this._tell();
  }

  fit() {
    const { width, height, margin } = this._window;
    const { width: across, height: down } = this._projection;
    this._moved = false;
    this.fitted = Math.max(1, Math.min((width - 2 * margin) / across, (height - 2 * margin) / down));
    this.scale = this.fitted;
    this.x = width / 2;
    this.y = height / 2;
    this._tell();
  }

  /** How many times larger than the whole map. */
  get zoom() {
    return this.scale / this.fitted;
  }

  /** Zoom so that what is under (x, y) stays there. */
  zoomBy(factor, x = this._window.width / 2, y = this._window.height / 2) {
    const scale = Math.min(Math.max(this.scale * factor, this.fitted), this.fitted * CLOSEST);
    if (scale === this.fitted) return this.fit();
    this._moved = true;
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    return this._tell();
  }

  zoomIn() {
    this.zoomBy(STEP);
  }

  zoomOut() {
    this.zoomBy(1 / STEP);
  }

  shiftBy(dx, dy) {
    this._moved = true;
    this.x += dx;
    this.y += dy;
    this._tell();
  }

  /** Bring a place into the window if it is outside. */
  reveal([east, south]) {
    const { width, height } = this._window;
    const x = this.x + east * this.scale;
    const y = this.y + south * this.scale;
    if (x < 20 || y < 20 || x > width - 20 || y > height - 20) this.shiftBy(width / 2 - x, height / 2 - y);
  }

  _tell() {
    if (this._waiting) return;
    this._waiting = true;
    requestAnimationFrame(() => {
      this._waiting = false;
      this._changed();
    });
  }
}

/** Wheel, drag and pinch on an element move the view. */
export function steer(element, view) {
  const fingers = new Map();
  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY / 100 : event.deltaY / 3;
    view.zoomBy(1.25 ** -lines, event.offsetX, event.offsetY);
  }, { passive: false });
  element.addEventListener("pointerdown", (event) => {
    if (event.button === 0) fingers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  element.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    const after = [event.clientX, event.clientY];
    if (fingers.size === 1 && !element.hasPointerCapture(event.pointerId)) {
      if (Math.hypot(after[0] - before[0], after[1] - before[1]) < 4) return; // a click that trembles
      element.setPointerCapture(event.pointerId);
    }
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, after);
    if (other === undefined) return void view.shiftBy(after[0] - before[0], after[1] - before[1]);
    const box = element.getBoundingClientRect();
    const apart = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]);
    view.zoomBy(apart(after) / apart(before), (after[0] + other[0]) / 2 - box.left, (after[1] + other[1]) / 2 - box.top);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    element.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }
}
