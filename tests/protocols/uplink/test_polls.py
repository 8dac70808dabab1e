"""The quick way for polls says the same as the way that takes anything, and leaves to it what is no poll."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.uplink import BodyEncoder
from protocols.uplink.columns import decode
from protocols.uplink.polls import Polls
from protocols.vocabulary import Batch, Point, Quality
from tests.protocols.uplink.batches import as_batch, decimal, edges, finite, rows

NAMES = ["ph", "voltage", "current", "water_level"]


def poll(source: str, values: list[float], time: int = 1_767_225_600_000, *, quality: int = 2, names: int = 0) -> Batch:
    table = tuple(Point(source, NAMES[(names + n) % 4], str(n)) for n in range(len(values)))
    count = len(values)
    return Batch(table, array("I", range(count)), array("q", [time]) * count, array("d", values),
                 array("B", [quality]) * count, array("I", [0]) * count)  # fmt: skip


def joined(batches: list[Batch]) -> Batch:
    return Batch.of(reading for batch in batches for reading in batch.readings())


def check(polls: Polls, batches: list[Batch]) -> None:
    found = polls.encode(batches)
    assert found is not None
    body, count = found
    assert rows(as_batch(decode(body, count))) == rows(joined(batches))


values = st.lists(decimal.filter(lambda v: abs(v) < 2) | finite | edges, min_size=1, max_size=8)


@given(st.lists(values, min_size=1, max_size=4), st.booleans(), st.data())
def test_polls_say_what_the_readings_say(columns: list[list[float]], alike: bool, data: st.DataObject) -> None:
    polls = Polls()
    stamp = st.integers(0, 2**41)
    batches = [poll(f"mn:{n}", column, data.draw(stamp), names=0 if alike else n) for n, column in enumerate(columns)]
    for rest in (batches, batches[::-1], batches[:1], batches):
        found = polls.encode(rest)
        if found is not None:  # None: an integer of more than 32 bits
            assert rows(as_batch(decode(*found))) == rows(joined(rest))


@pytest.mark.parametrize(
    "column",
    [[0.0, 0.0], [1.25, -3.5], [0.1, 0.123456789], [1 / 3, 2.5], [127.0, -128.0], [32767.0], [1073741.823], [-0.0]],
)
def test_typical_values_go_the_quick_way(column: list[float]) -> None:
    polls = Polls()
    for factor in (1, 1, 2):
        check(polls, [poll("mn:1", [v * factor for v in column]), poll("mn:2", column, time=5)])


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), st.data())
def test_rounds_say_what_the_readings_say(tables: int, points: int, rounds: int, data: st.DataObject) -> None:
    polls = Polls()
    number = data.draw(st.sampled_from([decimal.filter(lambda v: abs(v) < 2), finite | edges]))
    stamp = st.integers(0, 2**41)
    for _ in range(2):
        batches = [
            poll(f"mn:{table}", [data.draw(number) for _ in range(points)], data.draw(stamp), quality=1 + turn % 2)
            for turn in range(rounds)
            for table in range(tables)
        ]
        found = polls.encode(batches)
        if found is not None:  # None: an integer of more than 32 bits, or no decimals
            assert rows(as_batch(decode(*found))) == rows(joined(batches))


def test_typical_rounds_go_the_quick_way() -> None:
    polls = Polls()
    for turn in range(3):
        levels = [20.0 + turn, 7.25, -3.5, 230.1]
        batches = [
            poll(source, [round(level + step / 100, 3) for level in levels], time=1_767_225_600_000 + 1000 * step)
            for step in range(5)
            for source in ("mn:1", "mn:2")
        ]
        check(polls, batches)


def test_decimals_that_a_later_round_needs_are_those_of_all() -> None:
    polls = Polls()
    check(polls, [poll("mn:1", [20.5, 1.0]), poll("mn:1", [20.125, 1.0]), poll("mn:1", [20.0, 1.0001])])
    check(polls, [poll("mn:1", [20.5, 1.0]), poll("mn:1", [20.5, 1.0])])


@pytest.mark.parametrize(
    "column",
    [[1 / 3, 20.25], [20.25, 1 / 3, 20.25], [1 / 3, 1.5], [0.1 + 0.2, 7.0, 7.5], [1e308, 2.25], [2.25, 0.125, 1 / 3]],
)
def test_decimals_that_come_back_hide_nothing(column: list[float]) -> None:
    """A point that no decimals tell in one poll, and the old ones again in the next."""
    encoder = BodyEncoder()
    for _ in range(3):
        batches = [poll("mn:1", [value, 1.25]) for value in column]
        assert Polls().encode(batches) is None
        found = as_batch(decode(*encoder.encode(batches)))
        assert rows(found) == rows(joined(batches))


@given(
    st.lists(st.lists(st.sampled_from([1 / 3, 20.25, 1.5, 7.0, 0.125, 1e-9, 2.0**31]), min_size=2, max_size=2),
             min_size=1, max_size=6)
)  # fmt: skip
def test_whatever_decimals_come_and_go(columns: list[list[float]]) -> None:
    encoder = BodyEncoder()
    for some in (columns, columns[::-1], columns):
        batches = [poll("mn:1", column, time=n) for n, column in enumerate(some)]
        assert rows(as_batch(decode(*encoder.encode(batches)))) == rows(joined(batches))


def test_batches_without_readings_are_nothing() -> None:
    one, empty = poll("mn:1", [1.0, 2.0]), Batch.of([])
    for batches in ([one, empty], [empty, one, empty, poll("mn:1", [3.0, 4.0], time=9)]):
        check(Polls(), batches)


def test_rounds_with_missing_values_and_reasons() -> None:
    one, two = poll("mn:1", [1.0, float("nan")], time=5), poll("mn:1", [1.5, 2.5], time=9)
    one.quality[1], two.reasons[0] = Quality.MISSING, 1 << 13
    check(Polls(), [one, two])


def test_a_value_that_no_decimals_tell_changes_nothing_for_its_neighbours() -> None:
    polls = Polls()
    for third in (1 / 3, 1 / 3, 1.0, 0.5, 1 / 7):
        check(polls, [poll("mn:1", [20.5, third, 7.125]), poll("mn:2", [1.0])])
    layout = polls._layouts[poll("mn:1", [0, 0, 0]).points]
    assert list(layout.decimals) == [2, 255, 3]


def test_stamps_qualities_and_reasons_of_their_own() -> None:
    one = poll("mn:1", [1.0, 2.0, float("nan")])
    one.time[1] += 7
    one.quality[2], one.reasons[1] = Quality.MISSING, 1 << 13
    check(Polls(), [one, poll("mn:2", [3.0])])


def test_times_of_all_ages() -> None:
    for apart in (0, 1, 127, 128, 40_000, 3_000_000, 2**40, 2**63 - 2):
        check(Polls(), [poll("mn:1", [1.0, 2.0], time=1), poll("mn:2", [3.0], time=1 + apart)])
    check(Polls(), [poll("mn:1", [1.0], time=-(2**63)), poll("mn:2", [3.0], time=2**63 - 1)])


def test_what_is_no_poll_is_left_alone() -> None:
    ordinary = poll("mn:1", [1.0, 2.0])
    turned = Batch(ordinary.points, array("I", [1, 0]), *ordinary_columns(ordinary))
    for batches in (
        [],
        [turned],
        [ordinary, poll("mn:1", [5.0])],
        [ordinary, poll("mn:2", [5.0]), ordinary],
        [ordinary, poll("mn:1", [1.0, 2.0**31])],
        [poll("mn:1", [0.0]), poll("mn:1", [1 / 3])],
        [poll("mn:1", [2.0**30]), poll("mn:1", [-(2.0**30)])],
        [poll("mn:1", [1.0], time=-(2**63)), poll("mn:1", [3.0], time=2**63 - 1)],
        [poll("mn:1", [])],
        [poll("mn:1", [2.0**31])],
        [poll("mn:1", [1.0, float("nan")])],  # no number, and not said to be missing: not a 0 that passed
        [poll("mn:1", [2.0**51]), ordinary],
        [poll("mn:1", [float(n) for n in range(65_536)])],
    ):
        assert Polls().encode(batches) is None


def ordinary_columns(batch: Batch) -> tuple["array[int]", "array[float]", "array[int]", "array[int]"]:
    return batch.time, batch.value, batch.quality, batch.reasons
