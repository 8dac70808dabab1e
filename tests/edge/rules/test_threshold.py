import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.rules.threshold import Level, Rule, Votes, Watch
from protocols.vocabulary import Point, Quality, Reason

POINT = Point("serial:1", "water_level")
LEVELS = (Level(3.0, "low"), Level(3.5, "high"))


def rule(**differs: object) -> Rule:
    return Rule(**{"name": "high water", "point": POINT, "comparison": "gt", "levels": LEVELS[:1], **differs})  # type: ignore[arg-type]


def told(watch: Watch, *values: float, step_s: int = 60) -> list[str]:
    found = [watch.add(number * step_s * 1000, value, Quality.PASS, 0) for number, value in enumerate(values, 1)]
    return [f"{one.kind} {one.after}" if one else "" for one in found]


def test_a_threshold_with_a_deadband() -> None:
    found = told(Watch(rule(deadband=0.2)), 3.0, 3.01, 2.9, 2.81, 2.8, 2.9, 3.0, 3.1)
    assert found == ["", "raised 1", "", "", "cleared 0", "", "", "raised 1"]


def test_below() -> None:
    low = rule(comparison="lt", levels=(Level(1.0, "low"),), deadband=0.2)
    assert told(Watch(low), 1.0, 0.9, 1.1, 1.19, 1.2) == ["", "raised 1", "", "", "cleared 0"]


def test_n_of_m() -> None:
    voting = rule(raise_on=Votes(2, 3), clear_on=Votes(3, 3))
    assert told(Watch(voting), 4, 1, 1, 4, 1, 4) == ["", "", "", "", "", "raised 1"]
    assert told(Watch(voting), 4, 4, 1, 1, 4, 1, 1, 1) == ["", "raised 1", "", "", "", "", "", "cleared 0"]


def test_on_and_off_delay() -> None:
    delayed = rule(on_delay_ms=120_000, off_delay_ms=60_000)
    assert told(Watch(delayed), 4, 4, 1, 4, 4, 4, 1, 4, 1, 1) == [
        "", "", "", "", "", "raised 1", "", "", "", "cleared 0",
    ]  # fmt: skip


def test_levels() -> None:
    watch = Watch(rule(levels=LEVELS, deadband=0.1))
    assert told(watch, 3.2, 3.6, 3.45, 3.4, 3.6, 2.9, 4.0) == [
        "raised 1", "changed 2", "", "changed 1", "changed 2", "cleared 0", "raised 2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("quality", "reasons"),
    [(4, 0), (9, 0), (2, Reason.MAINTENANCE), (2, Reason.CALIBRATION), (3, Reason.CLOCK)],
)
def test_bad_readings_raise_nothing_and_clear_nothing(quality: int, reasons: int) -> None:
    watch = Watch(rule(clear_on=Votes(2, 2)))
    assert watch.add(1000, 9.0, quality, int(reasons)) is None
    assert told(watch, 4, 1) == ["raised 1", ""]
    assert watch.add(200_000, 1.0, quality, int(reasons)) is None
    assert watch.level == 1
    assert watch.not_judged == 2


def test_suspect_readings_count() -> None:
    assert Watch(rule()).add(0, 9.0, Quality.SUSPECT, int(Reason.SPIKE)) is not None


def test_late_readings_do_not() -> None:
    watch = Watch(rule())
    told(watch, 1, 1)
    assert watch.add(60_000, 9.0, 1, 0) is None
    assert watch.add(120_000, 9.0, 1, 0) is None
    assert watch.add(120_001, 9.0, 1, 0) is not None


def test_it_goes_on_with_the_level_that_was_told() -> None:
    assert told(Watch(rule(), level=1), 4, 1) == ["", "cleared 0"]
    assert Watch(rule(), level=7).level == 1


@given(st.lists(st.floats(0, 6), max_size=40), st.integers(1, 4), st.integers(1, 4), st.floats(0, 1))
def test_raised_and_cleared_take_turns(values: list[float], raising: int, clearing: int, deadband: float) -> None:
    watch = Watch(rule(levels=LEVELS, deadband=deadband, raise_on=Votes(raising, 4), clear_on=Votes(clearing, 4)))
    level = 0
    for number, value in enumerate(values):
        found = watch.add(number * 1000, value, 1, 0)
        if found is not None:
            assert found.before == level != found.after
            assert found.kind == ("raised" if level == 0 else "cleared" if found.after == 0 else "changed")
            level = found.after
    assert watch.level == level


@pytest.mark.parametrize(
    "differs",
    [
        {"levels": ()},
        {"levels": LEVELS[::-1]},
        {"levels": LEVELS, "comparison": "lt"},
        {"levels": (Level(1, "low"), Level(1, "high"))},
        {"raise_on": Votes(3, 2)},
        {"clear_on": Votes(0, 2)},
    ],
)
def test_rules_that_make_no_sense(differs: dict) -> None:
    with pytest.raises(ValueError, match="rule 'high water'"):
        rule(**differs)
