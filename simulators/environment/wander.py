"""Randomness that is a function: the same key gives the same number, in any process, at any time."""

from functools import lru_cache
from hashlib import blake2b
from math import cos, floor, pi


@lru_cache(maxsize=131_072)
def chance(key: str, index: int = 0) -> float:
    """One number of 0 <= x < 1 for a key and an index, evenly spread."""
    digest = blake2b(f"{key}#{index}".encode(), digest_size=7).digest()
    return (int.from_bytes(digest, "big") >> 3) / 2**53


def wander(key: str, time_ms: int, step_ms: int) -> float:
    """A smooth curve through one random number of -1 to 1 per step, at an instant; cosine between the steps."""
    index, into = divmod(time_ms, step_ms)
    before, after = chance(key, index), chance(key, index + 1)
    share = (1 - cos(pi * into / step_ms)) / 2
    return 2 * (before + (after - before) * share) - 1


def field(key: str, time_ms: int, step_ms: int, east: float, north: float) -> float:
    """As :func:`wander`, and as smooth in space: one curve at every crossing of a grid, cosine between the crossings.

    :param east: in steps of the grid. :param north: likewise.
    """
    index, into = divmod(time_ms, step_ms)
    before, after = _between_crossings(key, index, east, north), _between_crossings(key, index + 1, east, north)
    share = (1 - cos(pi * into / step_ms)) / 2
    return 2 * (before + (after - before) * share) - 1


@lru_cache(maxsize=262_144)
def _between_crossings(key: str, index: int, east: float, north: float) -> float:
    column, row = floor(east), floor(north)
    across, up = (1 - cos(pi * (east - column))) / 2, (1 - cos(pi * (north - row))) / 2
    corners = [chance(f"{key}/{column + x}/{row + y}", index) for y in (0, 1) for x in (0, 1)]
    low = corners[0] + (corners[1] - corners[0]) * across
    high = corners[2] + (corners[3] - corners[2]) * across
    return low + (high - low) * up
