"""Randomness that is a function: the same key gives the same number, in any process, at any time."""

from functools import lru_cache
from hashlib import blake2b
from math import cos, pi


@lru_cache(maxsize=65_536)
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
