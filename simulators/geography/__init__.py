"""The 18 towns and the outline of the islands; sources and licences stand in ATTRIBUTION.md."""

import itertools
import json
from functools import cache
from math import cos, hypot, radians
from pathlib import Path
from typing import Final, NamedTuple

_FOLDER: Final = Path(__file__).parent
_KM_PER_DEGREE: Final = 111.2

Ring = tuple[tuple[float, float], ...]
"""Corners (longitude, latitude), WGS 84, the first again at the end."""


class Town(NamedTuple):
    """One of the 18 towns."""

    code: str
    """9-digit division code."""
    name: str
    island: str
    longitude: float
    """Of its seat, WGS 84; mostly known to about 1 km."""
    latitude: float


@cache
def towns() -> tuple[Town, ...]:
    """All 18, in the order of their codes."""
    rows = json.loads((_FOLDER / "townships.json").read_text(encoding="utf-8"))["townships"]
    return tuple(sorted(Town(row["code9"], row["name"], row["island"], row["lon"], row["lat"]) for row in rows))


@cache
def outlines() -> dict[str, Ring]:
    """Island -> its coastline."""
    features = json.loads((_FOLDER / "chongming_outline.geojson").read_text(encoding="utf-8"))["features"]
    return {feature["id"]: tuple((x, y) for x, y in feature["geometry"]["coordinates"][0]) for feature in features}


def inside(ring: Ring, longitude: float, latitude: float) -> bool:
    """Whether a point lies within a ring: a ray to the east crosses it an odd number of times."""
    odd = False
    for (x1, y1), (x2, y2) in itertools.pairwise(ring):
        if (y1 > latitude) != (y2 > latitude) and longitude < (x2 - x1) * (latitude - y1) / (y2 - y1) + x1:
            odd = not odd
    return odd


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Between two points (longitude, latitude) of the district; flat-earth, good to a percent."""
    return _KM_PER_DEGREE * hypot((a[0] - b[0]) * cos(radians((a[1] + b[1]) / 2)), a[1] - b[1])
