"""Where something is on the islands: how far from the shore, how far up the estuary, how much town is around."""

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from math import cos, exp, hypot, radians
from typing import Final, NamedTuple

from simulators.environment.wander import chance
from simulators.geography import inside, outlines, towns

ORIGIN: Final = (121.55, 31.60)
"""Longitude, latitude of the point from which kilometres count: the middle of Chongming."""
MOUTH: Final = 122.0
"""Longitude of the estuary's mouth, from which the tide comes in."""
RIVER_KM: Final = 0.8
"""Water nearer to the shore than this is the river's; further inland it is a channel's behind the sluices."""
_NORTH_KM: Final = 111.2
_EAST_KM: Final = _NORTH_KM * cos(radians(ORIGIN[1]))


@dataclass(frozen=True, slots=True)
class Place:
    """What does not change about a point."""

    east_km: float
    north_km: float
    shore_km: float
    """To the nearest coast, on either side of it."""
    river: bool
    """Water here is the estuary's."""
    upstream_km: float
    """From the mouth; below 0 at sea."""
    north_branch: float
    """0 in the south branch, 1 in the north branch, smoothly between: the north branch is funnel-shaped and salty."""
    urban: float
    """0 in the fields, about 1 in a town's middle: traffic, chimneys, warm walls."""
    stagger: float
    """0 <= x < 1, by chance: what is worked out afresh now and then is not so at all places in the same second."""


def kilometres(longitude: float, latitude: float) -> tuple[float, float]:
    """East and north of :data:`ORIGIN`; flat earth, good to a percent."""
    return (longitude - ORIGIN[0]) * _EAST_KM, (latitude - ORIGIN[1]) * _NORTH_KM


@lru_cache(maxsize=65_536)
def place(longitude: float, latitude: float) -> Place:
    """What is known of a point, degrees WGS 84."""
    east, north = kilometres(longitude, latitude)
    shore = min(_to_piece(east, north, piece) for piece in _coast())
    ashore = any(inside(ring, longitude, latitude) for ring in outlines().values())
    urban = sum(exp(-((east - x) ** 2 + (north - y) ** 2) / (2 * 1.3**2)) for x, y in _seats())
    # the island's axis runs from (121.2, 31.80) to (121.9, 31.50)
    above_axis_km = north - _NORTH_KM * (31.80 - (longitude - 121.2) * 0.43 - ORIGIN[1])
    return Place(
        east_km=east,
        north_km=north,
        shore_km=shore,
        river=shore < RIVER_KM or not ashore,
        upstream_km=(MOUTH - longitude) * _EAST_KM,
        north_branch=1 / (1 + exp(-max(-60.0, min(60.0, above_axis_km)) / 1.5)),
        urban=min(1.2, urban),
        stagger=chance(f"{longitude}/{latitude}"),
    )


class _Piece(NamedTuple):
    """A straight piece of coast, km: where it begins, and how far it goes."""

    east: float
    north: float
    along_east: float
    along_north: float


@cache
def _coast() -> tuple[_Piece, ...]:
    pieces = []
    for ring in outlines().values():
        for (x1, y1), (x2, y2) in pairwise(kilometres(*corner) for corner in ring):
            if (x1, y1) != (x2, y2):
                pieces.append(_Piece(x1, y1, x2 - x1, y2 - y1))
    return tuple(pieces)


@cache
def _seats() -> tuple[tuple[float, float], ...]:
    return tuple(kilometres(town.longitude, town.latitude) for town in towns())


def _to_piece(east: float, north: float, piece: _Piece) -> float:
    """Distance to a piece of coast, km."""
    x, y, along_east, along_north = piece
    x, y = east - x, north - y
    share = (x * along_east + y * along_north) / (along_east * along_east + along_north * along_north)
    share = 0.0 if share < 0 else 1.0 if share > 1 else share
    return hypot(x - share * along_east, y - share * along_north)
