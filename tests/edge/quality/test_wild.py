"""Long seeded runs in which every check speaks: poll by poll must say what reading by reading says."""

import random
from array import array
from collections import Counter
from math import nan

import pytest

from edge.quality.checked import Checks
from edge.quality.limits import Attenuated, Deviation, Flat, Gap, Limits, Rate, Span, Spike, Stuck, Unit
from protocols.vocabulary import Batch, Point, Reason

T0 = 1_790_000_000_000
SEEDS = range(240)
Row = tuple[int, float, int, int]


def limits(rng: random.Random) -> Limits:
    return Limits(
        sensor=rng.choice([None, Span(-50, 250)]),
        user=rng.choice([None, Span(-10, 220)]),
        spike=rng.choice([None, None, Spike(2, 6, within_ms=100_000)]),
        rate=rng.choice([None, None, Rate(((10_000, 2.0), (100_000, 5.0)))]),
        deviation=rng.choice([None] * 5 + [Deviation(3, 240_000)]),
        flat=rng.choice(
            [
                None,
                Flat(3, 5),
                Flat(3, 6, 30_000, 60_000, natural=(Span(0, 0),)),
                Flat(3, 6, 30_000, 60_000, natural=(Span(0, 5),), natural_ms=90_000),
                Flat(2, None, 25_000),
                Flat(2, None, tolerance=1.0),
            ]
        ),
        attenuated=rng.choice([None] * 5 + [Attenuated(240_000, 2.0, 0.5)]),
        gap=rng.choice([None, Gap(45_000)]),
        stuck=rng.choice([None, Stuck(frozenset([4.0, 20.0]), 3)]),
        unit=rng.choice([None, Unit(5, (10,), hold_ms=100_000)]),
    )


class Weather:
    """Values that stay, wander, jump, and change their unit for a while."""

    def __init__(self, rng: random.Random, points: int) -> None:
        self._rng = rng
        self._level = [rng.choice([0.0, 1.0, 4.0, 5.0, 20.0]) for _ in range(points)]
        self._factor = [1.0] * points
        self.now = T0
        self._skew = rng.choice([0, 0, 7, -7])

    def poll(self) -> list[Row]:
        self.now += self._rng.choice([10_000] * 20 + [0, -5000, 50_000, 3000])
        return [self._row(at) for at in range(len(self._level))]

    def _row(self, at: int) -> Row:
        rng, kind = self._rng, self._rng.random()
        if 0.5 < kind < 0.9:
            self._level[at] = round(self._level[at] + rng.choice([-0.5, 0.5, 0, 0.1]), 1)
        elif 0.9 < kind < 0.92:
            self._level[at] += rng.choice([3, -3])
        elif 0.92 < kind < 0.94:
            self._level[at] = rng.choice([4.0, 20.0, 0.0])
        elif 0.94 < kind < 0.96:
            self._factor[at] = rng.choice([1.0, 10.0, 1.0])
        value, quality, reasons = self._level[at] * self._factor[at], 2, 0
        flaw = rng.random()
        if flaw < 0.01:
            value += rng.choice([8, -60, 500])
        elif flaw < 0.02:
            value, quality = nan, 9
        elif flaw < 0.03:
            reasons = int(Reason.MAINTENANCE)
        elif flaw < 0.04:
            quality = 4
        elif flaw < 0.05:
            quality, reasons = 3, int(Reason.INSTRUMENT_RANGE)
        ahead = 40 * 86_400_000 if rng.random() < 0.005 else 0
        return self.now + at * self._skew + ahead, value, quality, reasons


def batch(points: tuple[Point, ...], order: range, rows: list[Row]) -> Batch:
    times, values, qualities, reasons = zip(*rows, strict=True)
    return Batch(
        points, array("I", order), array("q", times), array("d", values), array("B", qualities), array("I", reasons)
    )


def run(seed: int) -> Counter[int]:
    rng = random.Random(seed)
    count = rng.randint(1, 6)
    points = tuple(Point("serial:1", "x", f"c{number}") for number in range(count))
    figures = {point: limits(rng) for point in points}
    whole, single = Checks(figures.__getitem__), Checks(figures.__getitem__)
    weather, seen = Weather(rng, count), Counter[int]()
    for number in range(rng.randint(5, 120)):
        rows = weather.poll()
        cut = rng.randint(1, count - 1) if count > 1 and rng.random() < 0.1 else count
        together = []
        for part in (slice(0, cut), slice(cut, count)):
            if points[part]:
                judged = whole.judged(batch(points[part], range(len(points[part])), rows[part]), weather.now)
                together += list(zip(judged.quality, judged.reasons, strict=True))
        alone = []
        for at, row in enumerate(rows):
            judged = single.judged(batch(points, range(at, at + 1), [row]), weather.now)
            alone += list(zip(judged.quality, judged.reasons, strict=True))
        assert together == alone, f"seed {seed}, poll {number}"
        seen.update(reasons for _, reasons in alone)
    return seen


@pytest.mark.parametrize("tens", range(0, len(SEEDS), 10))
def test_poll_by_poll_is_reading_by_reading(tens: int) -> None:
    seen = Counter[int]()
    for seed in SEEDS[tens : tens + 10]:
        seen += run(seed)
    spoken = 0
    for bits in seen:
        spoken |= bits
    assert spoken & Reason.GROSS_RANGE
    assert spoken & Reason.FLAT_LINE
    assert spoken & Reason.CLOCK
