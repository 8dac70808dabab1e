// Equirectangular, true to scale at the middle latitude: over half a degree nothing else is needed.

const KM_PER_DEGREE = 111.2;

/** From WGS84 degrees to plane kilometres, x east and y south of the middle. */
export class Projection {
  /** @param points [longitude, latitude] of everything that must be seen. */
  constructor(points) {
    const box = { west: Infinity, east: -Infinity, south: Infinity, north: -Infinity };
    for (const [longitude, latitude] of points) {
      box.west = Math.min(box.west, longitude);
      box.east = Math.max(box.east, longitude);
      box.south = Math.min(box.south, latitude);
      box.north = Math.max(box.north, latitude);
    }
    this._middle = [(box.west + box.east) / 2, (box.south + box.north) / 2];
    this._shrink = Math.cos((this._middle[1] * Math.PI) / 180);
    const [right, top] = this.place([box.east, box.north]);
    this.width = 2 * right;
    this.height = -2 * top;
  }

  place([longitude, latitude]) {
    return [
      (longitude - this._middle[0]) * this._shrink * KM_PER_DEGREE,
      (this._middle[1] - latitude) * KM_PER_DEGREE,
    ];
  }

  /** The outer and inner rings of a GeoJSON Polygon or MultiPolygon as an SVG path. */
  path(geometry) {
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    return polygons
      .flat()
      .map((ring) => `M${ring.map((point) => this.place(point).map((km) => km.toFixed(3)).join(" ")).join("L")}Z`)
      .join("");
  }
}
