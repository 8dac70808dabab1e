"""What each check says of one point's readings, one after the other."""

from math import inf, nan

import pytest

from edge.quality.limits import Attenuated, Deviation, Flat, Gap, Limits, Rate, Span, Spike, Stuck, Unit
from edge.quality.track import Track
from edge.quality.verdict import Stamps
from protocols.vocabulary import Quality, Reason, reason_names

T0 = 1_790_000_000_000
MINUTE = 60_000
EVER = Stamps(T0 - (1 << 40), T0 + (1 << 40))


def judged(limits: Limits, *values: float, step: int = MINUTE, quality: int = 2, reasons: int = 0) -> list[str]:
    """``pass``, ``suspect rate`` ... of readings a minute apart."""
    track = Track(limits)
    return [
        said(track, T0 + number * step, value, quality=quality, reasons=reasons) for number, value in enumerate(values)
    ]


def said(track: Track, time: int, value: float, *, quality: int = 2, reasons: int = 0, stamps: Stamps = EVER) -> str:
    verdict = track.judge(time, value, quality, reasons, stamps)
    return " ".join([Quality(verdict.quality).name.lower(), *reason_names(verdict.reasons)])


RANGED = Limits(Span(0, 100), Span(10, 30))
SPIKE = Limits(RANGED.sensor, spike=Spike(2, 6))


def test_gross_range() -> None:
    found = judged(RANGED, 10, 30, 9.9, 30.1, 0, 100, -0.1, 100.1, inf, -inf)
    suspect, fail = "suspect gross_range", "fail gross_range"
    assert found == ["pass", "pass", suspect, suspect, suspect, suspect, fail, fail, fail, fail]


def test_a_point_without_checks_stays_not_evaluated() -> None:
    assert judged(Limits(), 1, 1e9, -5) == ["not_evaluated"] * 3


def test_what_cannot_be_judged_yet_is_not_evaluated() -> None:
    assert judged(Limits(spike=Spike(1)), 1, 1, 1) == ["not_evaluated", "not_evaluated", "pass"]
    assert judged(Limits(rate=Rate(((MINUTE, 1),))), 1, 1) == ["not_evaluated", "pass"]


def test_a_spike_is_flagged_and_what_follows_is_not() -> None:
    assert judged(SPIKE, 20, 20, 23, 20, 29, 20, 20) == [
        "pass", "pass", "suspect spike", "pass", "fail spike", "pass", "pass",
    ]  # fmt: skip


def test_an_edge_is_flagged_once() -> None:
    assert judged(SPIKE, 20, 20, 25, 25, 25) == ["pass", "pass", "suspect spike", "pass", "pass"]


def test_what_is_in_doubt_excuses_no_other_spike() -> None:
    assert judged(SPIKE, 20, 20, 25, 20, 25, 20, 25)[2:] == ["suspect spike", "pass"] * 2 + ["suspect spike"]


def test_a_slope_is_no_spike() -> None:
    assert judged(SPIKE, 20, 24, 28, 32) == ["pass"] * 4


def test_no_spike_where_readings_are_far_apart() -> None:
    limits = Limits(Span(0, 100), spike=Spike(2, 6, within_ms=10 * MINUTE))
    assert judged(limits, 20, 20, 40, step=10 * MINUTE)[-1] == "fail spike"
    assert judged(limits, 20, 20, 40, step=10 * MINUTE + 1)[-1] == "pass"


RATE = Rate(((MINUTE, 1), (3600_000, 3)))


@pytest.mark.parametrize(
    ("elapsed_ms", "allowed"),
    [(1, 1), (MINUTE, 1), ((MINUTE + 3600_000) // 2, 2), (3600_000, 3), (7200_000, 6)],
)
def test_how_much_may_change_in_a_time(elapsed_ms: int, allowed: float) -> None:
    assert RATE.allowed(elapsed_ms) == allowed


def test_rate() -> None:
    limits = Limits(Span(0, 100), rate=RATE)
    assert judged(limits, 20, 21, 22.1) == ["pass", "pass", "suspect rate"]
    assert judged(limits, 20, 22.9, 26, step=3600_000) == ["pass", "pass", "suspect rate"]


def test_the_way_back_from_a_change_in_doubt_is_none() -> None:
    limits = Limits(Span(0, 100), rate=RATE)
    assert judged(limits, 20, 25, 20, 20) == ["pass", "suspect rate", "pass", "pass"]
    assert judged(limits, 20, 25, 30, 20) == ["pass", "suspect rate", "suspect rate", "pass"]
    assert judged(limits, 20, 25, 25, 20) == ["pass", "suspect rate", "pass", "suspect rate"]


def test_rate_by_standard_deviations() -> None:
    limits = Limits(Span(0, 100), deviation=Deviation(3, 24 * MINUTE))
    waves = [20 + (number % 2) for number in range(24)]
    assert judged(limits, *waves, 23)[-1] == "suspect rate"  # SD 0.5: 2 away from the last one, 1.5 allowed
    assert judged(limits, *waves, 21.5)[-1] == "pass"
    assert judged(limits, *waves[:20], 90)[-1] == "pass"  # the window is not full
    assert judged(limits, *[20] * 30, 22)[-1] == "pass"  # nothing ever moved: no measure of what is much


def test_flat_line_by_count() -> None:
    found = judged(Limits(Span(0, 100), flat=Flat(3, 5)), 1, 2, 2, 2, 2, 2, 3)
    suspect = "suspect flat_line"
    assert found == ["pass", "pass", "pass", suspect, suspect, "fail flat_line", "pass"]


def test_flat_line_by_count_and_time() -> None:
    limits = Limits(Span(0, 100), flat=Flat(3, 5, suspect_ms=5 * MINUTE, fail_ms=7 * MINUTE))
    found = judged(limits, *[2] * 9)
    assert found == ["pass"] * 5 + ["suspect flat_line"] * 2 + ["fail flat_line"] * 2
    assert judged(limits, *[2] * 3, step=10 * MINUTE) == ["pass", "pass", "suspect flat_line"]


def test_where_staying_is_natural_there_is_no_flat_line() -> None:
    limits = Limits(Span(0, 100), flat=Flat(2, 3, natural=(Span(0, 0), Span(97, 100))))
    assert judged(limits, 0, 0, 0, 98, 98, 98) == ["pass"] * 6
    assert judged(limits, 0.1, 0.1, 0.1)[1:] == ["suspect flat_line", "fail flat_line"]


def test_staying_is_natural_for_a_time_only() -> None:
    limits = Limits(Span(0, 100), flat=Flat(2, None, natural=(Span(0, 0),), natural_ms=3 * MINUTE))
    assert judged(limits, *[0] * 5) == ["pass"] * 3 + ["suspect flat_line"] * 2


def test_a_flat_line_never_worse_than_suspect() -> None:
    assert set(judged(Limits(Span(0, 9), flat=Flat(2, None)), *[5] * 40)) == {"pass", "suspect flat_line"}


def test_attenuated_signal() -> None:
    limits = Limits(Span(0, 100), attenuated=Attenuated(24 * MINUTE, 1.0, 0.1))
    lively, tame, still = [20, 22] * 15, [20, 20.5] * 15, [20, 20.01] * 15
    assert judged(limits, *lively)[-1] == "pass"
    assert judged(limits, *tame)[-1] == "suspect flat_line"
    assert judged(limits, *still)[-1] == "fail flat_line"
    assert set(judged(limits, *still[:23])) == {"pass"}


def test_a_gap_is_told_on_the_first_reading_after_it() -> None:
    for flag in (Quality.PASS, Quality.SUSPECT, Quality.FAIL):
        track = Track(Limits(Span(0, 100), gap=Gap(MINUTE, flag)))
        found = [said(track, T0 + at, 20) for at in (0, MINUTE, 2 * MINUTE + 1, 3 * MINUTE)]
        assert found == ["pass", "pass", f"{flag.name.lower()} gap", "pass"]


def test_after_a_gap_the_past_is_no_past() -> None:
    limits = Limits(Span(0, 100), spike=Spike(2, 6), rate=RATE, flat=Flat(3, 5), gap=Gap(10 * MINUTE))
    track = Track(limits)
    for number in range(3):
        said(track, T0 + number * MINUTE, 20 + number / 10)
    later = T0 + 3600_000
    assert said(track, later, 60) == "suspect gap"
    assert [said(track, later + n * MINUTE, 60) for n in (1, 2)] == ["pass", "suspect flat_line"]


def test_stuck_at_a_limit() -> None:
    limits = Limits(Span(0, 30), stuck=Stuck(frozenset([4.0, 20.0]), 3))
    assert judged(limits, 4, 4, 4, 5, 20, 20, 20)[2::4] == ["suspect instrument_range"] * 2
    assert judged(limits, 5, 5, 5, 5) == ["pass"] * 4


UNIT = Limits(Span(0, 100_000), unit=Unit(5, (10, 1000)))


@pytest.mark.parametrize("factor", [10, 1000, 1 / 10, 1 / 1000])
def test_a_jump_by_a_units_factor(factor: float) -> None:
    values = [20, 20.4, 19.8, 20.2 * factor, 20.5 * factor, 20.1, 20.3]
    assert judged(UNIT, *values) == ["pass"] * 3 + ["suspect unit"] * 2 + ["pass"] * 2


@pytest.mark.parametrize(
    "values",
    [
        (20, 30, 20, 200),  # no level to jump from
        (0.2, 0.2, 0.2, 2),  # too small a jump
        (20, 20, 20, 140),  # no unit's factor
        (-20, -20, -20, 200),
        (20, 20, 200),  # too early to tell
    ],
)
def test_no_jump_of_unit(values: tuple[float, ...]) -> None:
    assert "unit" not in " ".join(judged(UNIT, *values))


def test_a_jump_of_unit_is_told_for_a_time_and_then_taken_for_the_level() -> None:
    limits = Limits(Span(0, 1000), unit=Unit(5, (10,), hold_ms=3 * MINUTE))
    assert judged(limits, *[20] * 3, *[200] * 6) == ["pass"] * 3 + ["suspect unit"] * 4 + ["pass"] * 2


def test_the_way_back_from_another_unit_is_no_change() -> None:
    limits = Limits(Span(0, 1000), rate=RATE, unit=Unit(5, (10,)))
    found = judged(limits, *[20] * 3, *[200] * 5, 20, 20.1)
    assert found == ["pass"] * 3 + ["suspect rate unit"] + ["suspect unit"] * 4 + ["pass"] * 2


def test_what_was_taken_for_the_level_may_go_back() -> None:
    limits = Limits(Span(0, 1000), unit=Unit(5, (10,), hold_ms=3 * MINUTE))
    found = judged(limits, *[20] * 3, *[200] * 8, *[20] * 4, *[200] * 2)
    assert found[3:] == ["suspect unit"] * 4 + ["pass"] * 4 + ["pass"] * 4 + ["suspect unit"] * 2


def test_zero_is_of_any_unit() -> None:
    limits = Limits(Span(0, 1000), unit=Unit(5, (1000,), hold_ms=5 * MINUTE))
    assert judged(limits, *[20] * 3, 0.02, 0, 0.02, 20)[3:] == ["suspect unit"] * 3 + ["pass"]
    assert judged(limits, *[20] * 3, *[0.02] * 6, 0, 0.02, 0.02, 0.02, 20)[9:] == ["pass"] * 5


def test_from_a_level_that_lasted_longer_there_is_no_way_back() -> None:
    limits = Limits(Span(0, 1000), unit=Unit(5, (1000,), hold_ms=2 * MINUTE))
    found = judged(limits, *[20] * 3, *[0.02] * 5, *[20] * 30, *[0.02] * 2)
    assert found[8:] == ["pass"] * 30 + ["suspect unit"] * 2


def test_near_zero_a_factor_of_a_thousand_is_found_although_nothing_is_steady() -> None:
    limits = Limits(Span(-15, 2000), unit=Unit(5, (1000,)))
    assert judged(limits, 8, 5, 11, 0.009, 0.004, 7, 12)[3:] == ["suspect unit"] * 2 + ["pass"] * 2
    assert judged(limits, 8, 5, 11, 0.2)[3:] == ["pass"]


def test_a_jump_of_unit_out_of_range_fails_and_says_why() -> None:
    limits = Limits(Span(500, 1100), unit=Unit(500, (10,)))
    assert judged(limits, 1013, 1013, 1013, 101.3, 101.3, 1013)[3:] == [
        "fail gross_range unit", "fail gross_range unit", "pass",
    ]  # fmt: skip


ALL = Limits(Span(0, 100), Span(10, 30), Spike(2, 6), RATE, flat=Flat(3, 5), gap=Gap(10 * MINUTE), unit=Unit(5))


def test_what_no_sensor_can_measure_bears_on_nothing_that_follows() -> None:
    assert judged(ALL, 20, 20.1, 20.2, 999_999, 20.3, 20.2)[3:] == ["fail gross_range", "pass", "pass"]


@pytest.mark.parametrize("reason", [Reason.MAINTENANCE, Reason.CALIBRATION])
def test_maintenance_and_calibration_are_not_judged_and_end_the_past(reason: Reason) -> None:
    track = Track(ALL)
    for number in range(3):
        said(track, T0 + number * MINUTE, 20)
    name = str(reason.name).lower()
    assert said(track, T0 + 3 * MINUTE, 99, reasons=reason) == f"not_evaluated {name}"
    assert said(track, T0 + 4 * MINUTE, 29) == "pass"  # neither the 20 nor the 99 is a measure for it


def test_the_devices_own_worse_flag_is_kept() -> None:
    assert judged(RANGED, 20, quality=3, reasons=Reason.INSTRUMENT_RANGE) == ["suspect instrument_range"]
    assert judged(RANGED, 200, quality=3, reasons=Reason.INSTRUMENT_RANGE) == ["fail gross_range instrument_range"]
    assert judged(RANGED, 20, 200, quality=4, reasons=Reason.DEVICE_FAULT) == ["fail device_fault"] * 2
    assert judged(RANGED, 20, reasons=Reason.MANUAL) == ["pass manual"]


def test_a_failed_device_bears_on_nothing_that_follows() -> None:
    track = Track(ALL)
    said(track, T0, 20)
    said(track, T0 + MINUTE, 20.1)
    assert said(track, T0 + 2 * MINUTE, 29, quality=4, reasons=Reason.DEVICE_FAULT) == "fail device_fault"
    assert said(track, T0 + 3 * MINUTE, 20.2) == "pass"


def test_missing_stays_missing() -> None:
    track = Track(ALL)
    said(track, T0, 20)
    assert said(track, T0 + MINUTE, nan, quality=9, reasons=Reason.DEVICE_FAULT) == "missing device_fault"
    assert said(track, T0 + 2 * MINUTE, 20) == "pass"
    assert said(track, T0 + 12 * MINUTE + 1, nan, quality=9) == "missing"
    assert said(track, T0 + 13 * MINUTE, 20) == "suspect gap"  # what was missing is no reading


def test_a_clock_that_is_wrong() -> None:
    track = Track(ALL)
    stamps = Stamps(T0 - MINUTE, T0 + MINUTE)
    assert said(track, T0 + MINUTE + 1, 20, stamps=stamps) == "suspect clock"
    assert said(track, T0 - MINUTE - 1, 200, stamps=stamps) == "fail gross_range clock"
    assert said(track, T0 + 2 * MINUTE, nan, quality=9, stamps=stamps) == "missing clock"
    assert said(track, T0 - 2 * MINUTE, 99, reasons=Reason.MAINTENANCE, stamps=stamps) == "suspect clock maintenance"
    assert said(track, T0, 20, stamps=stamps) == "pass"  # no stamp of those was believed


def test_late_readings_are_judged_alone() -> None:
    track = Track(ALL)
    for number in range(10, 13):
        said(track, T0 + number * MINUTE, 20)
    for at, value, expected in ((5, 29, "pass"), (6, 31, "suspect gross_range"), (12, 11, "pass"), (11, 20, "pass")):
        verdict = track.judge(T0 + at * MINUTE, value, 2, 0, EVER)
        assert (Quality(verdict.quality).name.lower(), verdict.late) == (expected.split()[0], True)
    assert said(track, T0 + 13 * MINUTE, 20) == "suspect flat_line"


def test_when_the_clock_was_set_back_the_past_is_forgotten() -> None:
    track = Track(ALL)
    for number in range(3):
        said(track, T0 + number * MINUTE, 20, stamps=Stamps(0, T0 + 10 * MINUTE))
    hour = 3600_000
    stamps = Stamps(0, T0 - hour + 10 * MINUTE)
    found = [said(track, T0 - hour + number * MINUTE, 29, stamps=stamps) for number in range(3)]
    assert found == ["pass", "pass", "suspect flat_line"]
