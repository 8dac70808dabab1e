"""What a configuration may say of checks, and how a fault is told."""

import pytest

from edge.config import load
from edge.quality.config import CheckRow
from edge.quality.defaults import defaults_of
from edge.quality.limits import NO_LIMITS, Attenuated, Deviation, Flat, Gap, Limits, Rate, Span, Spike, Stuck, Unit
from protocols.vocabulary import ConfigError, Point, Quality
from tests.edge.test_config import GOOD, NEURON, written

ROW = """
[[link.device.checks]]
observed = "active_power"
user_min = -10
user_max = 5_000
gap_s = 300
gap_quality = "fail"
"""
GENERAL = """
[quality]
future_s = 60
[[quality.checks]]
observed = "ph"
source = "mn:A"
off = ["flat"]
[[quality.checks]]
observed = "ph"
user_max = 9
"""


def applied(row: dict, limits: Limits = NO_LIMITS) -> Limits:
    return CheckRow.model_validate({"observed": "x", **row}).applied(limits)


@pytest.mark.parametrize(
    ("row", "limits"),
    [
        ({"sensor_min": 0.0}, Limits(Span(0, float("inf")))),
        ({"user_min": 0.0, "user_max": 5.0}, Limits(user=Span(0, 5))),
        ({"spike_low": 1.0}, Limits(spike=Spike(1))),
        ({"spike_low": 1.0, "spike_high": 3.0, "spike_within_s": 60.0}, Limits(spike=Spike(1, 3, 60_000))),
        ({"rate": ((60.0, 3.0), (3600.0, 4.0))}, Limits(rate=Rate(((60_000, 3), (3_600_000, 4))))),
        ({"rate_n_dev": 3.0}, Limits(deviation=Deviation(3, 90_000_000))),
        ({"flat_count": 4}, Limits(flat=Flat(4, 5))),
        ({"flat_count": 9}, Limits(flat=Flat(9, 9))),
        ({"flat_s": 60.0, "flat_tolerance": 0.1}, Limits(flat=Flat(3, 5, 60_000, 60_000, 0.1))),
        ({"flat_natural": ((0.0, 1.0),)}, Limits(flat=Flat(natural=(Span(0, 1),)))),
        ({"attenuated_suspect": 0.5}, Limits(attenuated=Attenuated(43_200_000, 0.5))),
        ({"gap_s": 300.0}, Limits(gap=Gap(300_000))),
        ({"stuck_at": frozenset([4.0, 20.0])}, Limits(stuck=Stuck(frozenset([4.0, 20.0])))),
        ({"unit_step": 5.0}, Limits(unit=Unit(5))),
        ({"unit_step": 5.0, "unit_factors": (100.0,)}, Limits(unit=Unit(5, (100,)))),
        ({}, NO_LIMITS),
    ],
)
def test_a_row_without_defaults(row: dict, limits: Limits) -> None:
    assert applied(row) == limits


def test_a_row_changes_only_what_it_says() -> None:
    base = defaults_of("air_temperature")
    found = applied({"spike_low": 4.0, "flat_fail_s": 100_000.0, "user_max": 44.0}, base)
    assert found.rate == base.rate
    assert base.spike
    assert base.flat
    assert base.user
    assert found.spike == Spike(4, base.spike.high, base.spike.within_ms)
    assert found.flat == Flat(5, 10, base.flat.suspect_ms, 100_000_000)
    assert found.user == Span(base.user.low, 44)


def test_an_end_of_the_user_range_that_is_not_given_is_the_sensors() -> None:
    assert applied({"user_max": 9.0}, Limits(Span(-20, 100))).user == Span(-20, 9)
    assert applied({"user_max": 9.0}).user == Span(float("-inf"), 9)
    assert applied({"sensor_max": 30.0}, Limits(Span(-20, 100), Span(-10, 48))).user == Span(-10, 30)
    with pytest.raises(ValueError, match=r"user range -20.0 to 101.0: expected it within the sensor's"):
        applied({"user_max": 101.0, "user_min": -20.0}, Limits(Span(-20, 100)))


def test_checks_are_switched_off() -> None:
    base = defaults_of("air_temperature")
    found = applied({"off": frozenset(["range", "rate", "flat", "spike", "unit"])}, base)
    assert found == NO_LIMITS
    assert applied({"defaults": False, "user_max": 5.0, "user_min": 0.0}, base) == Limits(user=Span(0, 5))


def test_in_a_file(tmp_path) -> None:
    head, links = GOOD.split("[[link]]", 1)
    text = (
        head
        + GENERAL
        + "[[link]]"
        + links.replace('[[link]]\nkind = "hj212-tcp"', ROW + '[[link]]\nkind = "hj212-tcp"')
    )
    config = load(written(tmp_path, text))
    figures = config.figures()
    power = figures.limits_of(Point("serial:A-17", "active_power"))
    assert (power.user, power.gap) == (Span(-10, 5000), Gap(300_000, Quality.FAIL))
    assert figures.limits_of(Point("serial:A-17", "voltage")).gap == Gap(210_000)  # asked every minute
    assert figures.limits_of(Point(NEURON, "air_temperature")).gap == Gap(60_000)  # every 10 s
    assert figures.limits_of(Point("serial:other", "active_power")) == defaults_of("active_power")
    ph, other = figures.limits_of(Point("mn:A", "ph")), figures.limits_of(Point("mn:B", "ph"))
    assert (ph.user, ph.flat) == (Span(3, 9), None)
    assert (other.user, other.flat) == (Span(3, 9), defaults_of("ph").flat)
    assert config.quality.future_s == 60


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("user_max = 5_000", "user_max = 50_000_000", ":42: link.0.device.1.checks.0: user range -10.0 to 50000000.0"),
        (
            "user_max = 5_000",
            "user_max = -11",
            ":42: link.0.device.1.checks.0: user range -10.0 to -11.0: expected it to",
        ),
        ("gap_s = 300", "gap_s = 0", ":46: link.0.device.1.checks.0.gap_s: '0': Input should be greater than 0"),
        ('"fail"', '"bad"', ":47: link.0.device.1.checks.0.gap_quality: 'bad': Input should be 'pass', 'suspect' or"),
        (
            "gap_s = 300",
            "spike_high = 3",
            ":42: link.0.device.1.checks.0: spike_high and spike_within_s go with spike_low",
        ),
        ("gap_s = 300", "rate = [[60, 3], [30, 4]]", ":42: link.0.device.1.checks.0: rate: [[60.0, 3.0], [30.0, 4.0]]"),
        ("gap_s = 300", "rate = [[0, 3]]", ":46: link.0.device.1.checks.0.rate.0.0: "),
        (
            "gap_s = 300",
            'off = ["spikes"]',
            ":46: link.0.device.1.checks.0.off.0: 'spikes': Input should be 'range', 's",
        ),
        ("gap_s = 300", "flat_count = 9\nflat_fail_count = 8", ":42: link.0.device.1.checks.0: flat line: expected to"),
        ("gap_s = 300", "attenuated_suspect = 1\nattenuated_fail = 2", ":42: link.0.device.1.checks.0: attenuated: s"),
        ("gap_s = 300", "unit_factors = [10]", ":42: link.0.device.1.checks.0: unit_factors goes with unit_step"),
        ("gap_s = 300", "stuck = 3", ":46: link.0.device.1.checks.0.stuck: '3': Extra inputs are not permitted"),
        ('"active_power"', '"Power"', ":43: link.0.device.1.checks.0.observed: 'Power': String should match"),
    ],
)
def test_each_fault_names_file_line_key_value_and_what_is_allowed(tmp_path, old, new, fault) -> None:
    text = GOOD.replace('[[link]]\nkind = "hj212-tcp"', ROW.lstrip("\n") + '[[link]]\nkind = "hj212-tcp"')
    assert old in ROW
    path = written(tmp_path, text.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert f"{path}{fault}" in str(caught.value)


def test_rows_that_contradict_each_other(tmp_path) -> None:
    general = '[[quality.checks]]\nobserved = "active_power"\nsensor_max = 1000\n'
    head, links = GOOD.split("[[link]]", 1)
    text = (
        head
        + general
        + "[[link]]"
        + links.replace('[[link]]\nkind = "hj212-tcp"', ROW + '[[link]]\nkind = "hj212-tcp"')
    )
    with pytest.raises(
        ConfigError, match=r"checks of serial:A-17/active_power: user range -10.0 to 5000.0: expected it wi"
    ):
        load(written(tmp_path, text))
