"""Bodies of one layout, decoded as if they were one: the same as one after the other."""

from collections import defaultdict
from random import Random

import numpy as np
import pytest

from protocols.uplink import BodyEncoder
from protocols.uplink.columns import Body, Decoded, Layout, decode_alike, read_body
from protocols.vocabulary import Batch, NeuronId, Point, ProtocolError, Quality, Reading

START = 1_767_225_600_000


def body(rng: Random, points: int, each: int, kind: str) -> Body:
    """Of ``each`` readings a point, or now and then one more where that is 0."""
    found = []
    for place in range(points):
        point = Point(str(NeuronId.from_int(rng.getrandbits(40))), "ph")
        level = rng.uniform(-50, 50)
        for row in range(each or 1 + (place + rng.randrange(2)) % 3):
            level += rng.choice([0.01, -0.01]) if kind == "steady" else rng.gauss(0, 30)
            value = level if kind == "raw" and place % 2 else round(level, 2)
            quality = rng.choice([Quality.PASS, Quality.SUSPECT]) if kind == "doubtful" else Quality.PASS
            found.append(Reading(point, START + 1000 * row, value, quality, rng.getrandbits(3) if kind == "raw" else 0))
        if kind == "missing":
            found[-1] = Reading.missing(point, found[-1].time)
    return read_body(*BodyEncoder().encode([Batch.of(found)]))


def pieces(together: Decoded) -> list[list[bytes]]:
    """The columns of each of the bodies."""
    found, row, run = [], 0, 0
    for one in together.bodies:
        rows, runs = slice(row, row + one.readings), slice(run, run + len(one.points))
        columns = (together.time, together.value, together.quality, together.reasons)
        found.append([together.counts[runs].tobytes(), *(column[rows].tobytes() for column in columns)])
        row, run = rows.stop, runs.stop
    return found


@pytest.mark.parametrize("kind", ["steady", "wild", "raw", "doubtful", "missing"])
@pytest.mark.parametrize("each", [0, 1, 5])
def test_together_as_alone(each: int, kind: str) -> None:
    rng = Random(f"{each}{kind}")
    groups: dict[Layout, list[Body]] = defaultdict(list)
    for size in (7, 7, 7, 30, 200, 1, 30):
        one = body(rng, size, each, kind)
        groups[one.layout].append(one)
    assert max(map(len, groups.values())) > 1
    for bodies in groups.values():
        together, alone = decode_alike(bodies), [decode_alike([one]) for one in bodies]
        assert pieces(together) == [pieces(one)[0] for one in alone]
        assert together.points() == sum((one.points() for one in alone), ())
        assert together.finite == all(one.finite for one in alone)
        assert together.each == alone[0].each


def test_constants_may_differ() -> None:
    bodies = [
        read_body(*BodyEncoder().encode([Batch.of([Reading(Point("mn:A", "ph"), START, 7.0, quality, reasons)])]))
        for quality, reasons in ((Quality.PASS, 1), (Quality.FAIL, 70_000))
    ]
    assert bodies[0].layout == bodies[1].layout
    together = decode_alike(bodies)
    assert (together.quality.tolist(), together.reasons.tolist()) == ([1, 4], [1, 70_000])


@pytest.mark.parametrize("column", [False, True])
def test_an_unknown_quality_among_good_ones_is_refused(column: bool) -> None:
    qualities = [Quality.PASS, Quality.SUSPECT if column else Quality.PASS]
    good = read_body(
        *BodyEncoder().encode(
            [Batch.of([Reading(Point("mn:A", "ph"), START + n, 7.0, q) for n, q in enumerate(qualities)])]
        )
    )
    bad = good._replace(quality=bytes([5] * len(good.quality)))
    assert len(good.quality) == (2 if column else 1)
    with pytest.raises(ProtocolError, match="QARTOD"):
        decode_alike([good, bad, good])
    np.testing.assert_array_equal(decode_alike([good, good]).value, np.full(4, 7.0))
