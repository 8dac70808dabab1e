"""Batches for the uplink's tests, and how two of them are compared."""

import struct
from array import array
from random import Random

from hypothesis import strategies as st

from protocols.uplink import Header
from protocols.uplink.columns import Decoded
from protocols.vocabulary import Batch, NeuronId, Point, Quality, Reading
from tests.protocols.vocabulary.test_identity import points

QUALITIES = [int(q) for q in Quality]
finite = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=True)
decimal = st.builds(lambda digits, places: digits / 10**places, st.integers(-(10**9), 10**9), st.integers(0, 9))
edges = st.sampled_from(
    [0.0, -0.0, 5e-324, -5e-324, 1e308, -1e308, 1.7976931348623157e308, 2.0**53, 2.0**53 - 1, 1e307, 0.1 + 0.2]
)
times = st.integers(-(2**63), 2**63 - 1) | st.integers(1_600_000_000_000, 1_900_000_000_000)
readings = st.builds(
    Reading,
    st.deferred(
        lambda: st.shared(st.lists(points, min_size=1, max_size=6, unique=True), key="points").flatmap(st.sampled_from)
    ),
    times,
    finite | decimal | edges,
    st.sampled_from([q for q in Quality if q is not Quality.MISSING]),
    st.integers(0, 2**32 - 1) | st.just(0),
) | st.builds(
    Reading.missing,
    st.shared(st.lists(points, min_size=1, max_size=6, unique=True), key="points").flatmap(st.sampled_from),
    times,
    st.integers(0, 2**32 - 1),
)
small_batches = st.lists(readings, min_size=1, max_size=40).map(Batch.of)

headers = st.builds(
    Header,
    gateway=st.from_regex(r"gw-[a-z0-9-]{1,29}", fullmatch=True),
    epoch=st.integers(0, 2**63 - 1),
    sequence=st.integers(0, 2**32 - 1),
    readings=st.just(0),
    sealed_ms=st.integers(-(2**63), 2**63 - 1),
    uptime_ms=st.integers(0, 2**64 - 1),
    flags=st.sampled_from([0, 2]),
)


def large_batch(seed: int, count: int, *, late: bool = False) -> Batch:
    """As a gateway has it: many points in any order, slow values of several kinds, some missing."""
    rng = Random(seed)
    table = [
        Point(str(NeuronId.from_int(rng.getrandbits(40))), "ph", "")._replace(channel=rng.choice(["", "1", "a.b"]))
        for _ in range(rng.randint(1, 150))
    ]
    table = list(dict.fromkeys(table))
    kinds = [rng.choice(["two", "three", "float32", "random", "counter"]) for _ in table]
    levels = [rng.uniform(-50, 50) for _ in table]
    index, stamps, values, quality, reasons = array("I"), array("q"), array("d"), array("B"), array("I")
    for row in range(count):
        which = rng.randrange(len(table))
        levels[which] += rng.gauss(0, 0.1)
        level = levels[which]
        value = {
            "two": round(level, 2),
            "three": round(level, 3),
            "float32": struct.unpack("f", struct.pack("f", level))[0],
            "random": rng.uniform(-1e300, 1e300),
            "counter": float(row),
        }[kinds[which]]
        missing = rng.random() < 0.02
        index.append(which)
        stamps.append(1_767_225_600_000 + row * 1000 - (10**9 if late and rng.random() < 0.1 else 0))
        values.append(float("nan") if missing else value)
        quality.append(9 if missing else rng.choice([1, 2, 2, 2, 3, 4]))
        reasons.append(0 if rng.random() < 0.9 else rng.getrandbits(32))
    return Batch(tuple(table), index, stamps, values, quality, reasons)


def rows(batch: Batch) -> list[tuple[object, ...]]:
    """Ordered by point as the format has them, values by their bits; of -0.0 the sign is no part of the value."""
    order = {point: place for place, point in enumerate(dict.fromkeys(r.point for r in batch.readings()))}
    found = sorted(batch.readings(), key=lambda r: order[r.point])
    return [(r.point, r.time, None if r.value is None else (r.value + 0.0).hex(), r.quality, r.reasons) for r in found]


def grouped(batch: Batch) -> dict[Point, list[tuple[object, ...]]]:
    """Rows by point: what any order of points must keep."""
    groups: dict[Point, list[tuple[object, ...]]] = {}
    for row in rows(batch):
        groups.setdefault(row[0], []).append(row[1:])  # type: ignore[arg-type] # the first is the point
    return groups


def as_batch(decoded: Decoded) -> Batch:
    """The numpy decoder's columns as a batch."""
    index = array("I", [i for i, n in enumerate(decoded.counts.tolist()) for _ in range(n)])
    return Batch(
        decoded.points(),
        index,
        array("q", decoded.time.tolist()),
        array("d", decoded.value.tolist()),
        array("B", decoded.quality.tolist()),
        array("I", decoded.reasons.tolist()),
    )
