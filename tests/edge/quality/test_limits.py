from math import isfinite, isinf

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.quality.defaults import DEFAULTS
from edge.quality.limits import Attenuated, Flat, Limits, Rate, Span, Spike, Stuck, Unit
from edge.quality.track import Track
from edge.quality.verdict import Stamps

EVER = Stamps(0, 1 << 62)
SPANS = st.sampled_from([None, Span(-1000, 1000)])
STEPS = st.floats(0.01, 50)
LIMITS = st.builds(
    Limits,
    sensor=SPANS,
    user=st.sampled_from([None, Span(-400, 600)]),
    spike=st.none() | st.builds(Spike, STEPS),
    rate=st.none() | STEPS.map(lambda step: Rate(((60_000, step), (600_000, step * 2)))),
    stuck=st.sampled_from([None, Stuck(frozenset([4.0, 20.0, -10.0]), 2)]),
    unit=st.none() | st.builds(Unit, STEPS, st.sampled_from([(10,), (10, 1000), (3,), (1.2,)])),
)


@given(LIMITS, st.floats(-700, 700), st.lists(st.floats(0, 1), min_size=4, max_size=4), st.integers(1, 700_000))
def test_within_a_quiet_span_no_check_has_a_word_to_say(
    limits: Limits, value: float, places: list[float], step_ms: int
) -> None:
    span = limits.quiet(value)
    assume(span is not None)
    assert span is not None
    low, high = (max(-1e4, span.low), min(1e4, span.high))
    assume(low <= value <= high)
    readings = [low + (high - low) * place for place in places]
    assume(all(low <= one <= high and isfinite(one) for one in readings))
    track = Track(limits)
    for number, one in enumerate(readings[:3]):
        track.push(number * step_ms, one)
    assert track.judge(3 * step_ms, readings[3], 2, 0, EVER).bits == 0


@given(
    st.floats(-700, 700),
    STEPS,
    st.sampled_from([1.2, 3, 10, 1000]),
    st.floats(0.87, 1.15),
    st.floats(0, 1),
    st.booleans(),
)
def test_nor_can_a_unit_change_within_it(
    value: float, step: float, factor: float, off: float, place: float, down: bool
) -> None:
    unit = Unit(step, (factor,))
    span = unit.quiet(value)
    level = span.low + (span.high - span.low) * place
    jump = level / factor * off if down else level * factor * off
    if span.low <= jump <= span.high:
        track = Track(Limits(unit=unit))
        for number in range(3):
            track.push(number, level)
        assert track.judge(3, jump, 2, 0, EVER).bits == 0


@given(st.sampled_from(sorted(DEFAULTS)), st.floats(0, 1))
def test_the_defaults_have_quiet_spans_around_what_is_in_order(name: str, place: float) -> None:
    limits = DEFAULTS[name]
    low, high = limits.user or limits.sensor or Span(0, 0)
    value = low + (high - low) * place
    span = limits.quiet(value)
    assert span is not None
    assert span.low <= value <= span.high


def test_a_value_out_of_range_has_none() -> None:
    assert Limits(Span(0, 10)).quiet(11) is None
    assert Limits(stuck=Stuck(frozenset([4.0]))).quiet(4.0) is None
    assert Limits(rate=Rate(((1000, 0.0),))).quiet(5.0) == Span(5.0, 5.0)


def test_without_checks_everything_is_quiet() -> None:
    span = Limits().quiet(5.0)
    assert span is not None
    assert isinf(span.low)
    assert isinf(span.high)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Limits(Span(2, 1)),
        lambda: Limits(Span(0, 1), Span(0, 2)),
        lambda: Spike(-1),
        lambda: Spike(2, 1),
        lambda: Rate(()),
        lambda: Rate(((0, 1.0),)),
        lambda: Rate(((1, 2.0), (2, 1.0))),
        lambda: Rate(((1, 1.0), (1, 1.0))),
        lambda: Flat(1),
        lambda: Flat(3, 2),
        lambda: Flat(3, 5, 10, 9),
        lambda: Flat(tolerance=-1),
        lambda: Attenuated(1000, 1, 2),
    ],
)
def test_figures_that_make_no_sense(wrong) -> None:
    with pytest.raises(ValueError, match=r"expected|range"):
        wrong()
