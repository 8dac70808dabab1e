"""Seeded series for comparisons: wandering values with steps, spikes, flat and quiet stretches, on a regular grid."""

import random

STEP_S = 600
START_S = 1_790_000_000


def values(seed: int, count: int = 120, *, missing: bool = False) -> list[float | None]:
    rng = random.Random(seed)
    level, found, quiet = rng.uniform(-5, 25), [], 0
    while len(found) < count:
        kind = rng.random()
        if quiet:
            quiet -= 1
            level += rng.choice((0.0, 0.0, 0.01, -0.01))
        elif kind < 0.04:
            quiet = rng.randint(4, 40)
        elif kind < 0.08:
            level += rng.choice((-1, 1)) * rng.uniform(1, 6)
        else:
            level += rng.gauss(0, 0.3)
        value = level + (rng.choice((-1, 1)) * rng.uniform(1, 12) if rng.random() < 0.05 else 0.0)
        found.append(None if missing and rng.random() < 0.06 else round(value, 3))
    return found


def times(seed: int, count: int, *, gaps: bool = False) -> list[int]:
    """Seconds."""
    rng = random.Random(seed)
    found, at = [], START_S
    for _ in range(count):
        at += STEP_S * (rng.choice((2, 7, 30)) if gaps and rng.random() < 0.1 else 1)
        found.append(at)
    return found
