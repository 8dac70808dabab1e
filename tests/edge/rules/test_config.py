import pytest

from edge.config import load
from edge.rules.threshold import Level, Rule, Votes
from protocols.vocabulary import ConfigError, Point
from tests.edge.test_config import GOOD, written

RULES = """
[[rule]]
name = "high water"
source = "serial:A-17"
observed = "water_level"
comparison = "gt"
levels = [{ limit = 3.0, priority = "medium" }, { limit = 3.5, priority = "high" }]
deadband = 0.1
raise_on = [2, 3]
clear_on = [3, 3]
on_delay_s = 60
message = "open the sluice"
action = [{ target = "serial:G/gate_opening", raised = 1.5, cleared = 0 }]

[[lights]]
name = "north road"
targets = ["serial:L1/lamp_level", "serial:L2/lamp_level/a"]
latitude = 31.6
longitude = 121.5
fallback_after_h = 6
plan = [
  { dates = ["--10-01/--10-07", "--01-01"], switches = [["sunset-00:10", 100], ["sunrise", 0]] },
  { switches = [["sunset", 100], ["23:30", 40], ["sunrise", 0]] },
]
"""
TEXT = GOOD.split("[[link]]", 1)[0] + RULES


def test_in_a_file(tmp_path) -> None:
    config = load(written(tmp_path, TEXT))
    (rule,), (lights,) = config.rule, config.lights
    assert rule.rule() == Rule(
        "high water",
        Point("serial:A-17", "water_level"),
        "gt",
        (Level(3.0, "medium"), Level(3.5, "high")),
        0.1,
        Votes(2, 3),
        Votes(3, 3),
        60_000,
        0,
        "open the sluice",
    )
    assert (rule.action[0].raised, rule.action[0].cleared) == (1.5, 0.0)
    assert [len(row.plan().switches) for row in lights.plan] == [2, 3]
    assert (lights.utc_offset_h, lights.repeat_s) == (8.0, 3600.0)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('comparison = "gt"', 'comparison = "lt"', ":22: rule.0: rule 'high water': limits [3.0, 3.5]: expected them"),
        ("raise_on = [2, 3]", "raise_on = [3, 2]", ":22: rule.0: rule 'high water': 3 of 2 readings"),
        (
            "raise_on = [2, 3]",
            "raise_on = [0, 3]",
            ":29: rule.0.raise_on.0: '0': Input should be greater than or equal",
        ),
        ("deadband = 0.1", "deadband = -0.1", ":28: rule.0.deadband: '-0.1': Input should be greater than or equal"),
        (
            "gate_opening",
            "Gate",
            ":33: rule.0.action.0.target: 'serial:G/Gate': observed property 'Gate': expected a-z",
        ),
        (", raised = 1.5, cleared = 0", "", ":33: rule.0.action.0: expected raised or cleared, or both"),
        (
            '"sunset", 100',
            '"dusk", 100',
            ":43: lights.0.plan.1.switches.0.0: 'dusk': switch time 'dusk': expected HH:MM",
        ),
        ('"--01-01"', '"--02-30"', ":42: lights.0.plan.0.dates.1: '--02-30': dates '--02-30': no year has a 02-30"),
        ('["23:30", 40]', '["23:30", 140]', ":43: lights.0.plan.1.switches.1.1: '140': Input should be less than or"),
        (
            "longitude = 121.5",
            "longitude = 21.5",
            ":35: lights.0: longitude 21.5 and utc_offset_h 8.0 are of different",
        ),
        (
            "latitude = 31.6",
            "latitude = 121.5",
            ":38: lights.0.latitude: '121.5': Input should be less than or equal to 60",
        ),
        (
            'dates = ["--10-01/--10-07", "--01-01"], ',
            "",
            ":35: lights.0: expected the last plan, and only that one, with",
        ),
        ("serial:L1/lamp_level", "L1", ":37: lights.0.targets.0: 'L1': hardware identity"),
    ],
)
def test_each_fault_names_file_line_key_value_and_what_is_allowed(tmp_path, old, new, fault) -> None:
    assert old in RULES
    path = written(tmp_path, TEXT.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert f"{path}{fault}" in str(caught.value)


@pytest.mark.parametrize(
    ("section", "what"), [("[[rule]]", "rule.1.name: 'high water'"), ("[[lights]]", "lights.1.name: 'north road'")]
)
def test_names_are_given_once(tmp_path, section: str, what: str) -> None:
    rule, lights = RULES.split("[[lights]]")
    double = rule if section == "[[rule]]" else "[[lights]]" + lights
    with pytest.raises(ConfigError, match=f"{what}: [a-z ]+ given already"):
        load(written(tmp_path, TEXT + double))
