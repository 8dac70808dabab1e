"""What up enters in the registry of a new island."""

import operator

import pytest

from simulators.environment import Site, World
from simulators.layout import EVERYTHING, layout
from yingzhou.provision import rules_for

BEGIN_MS = 1_795_708_800_000
WEEK_MS = 7 * 86_400_000
COMPARED = {"gt": operator.gt, "lt": operator.lt}


@pytest.mark.parametrize(("neurons", "seed"), [(EVERYTHING, 1), (EVERYTHING, 5), (22, 1), (30, 4), (60, 6)])
def test_whenever_the_island_is_started_some_rule_has_something_to_tell(neurons: int, seed: int) -> None:
    world = World(seed)
    sites = [
        (rule, Site(plan.device, plan.longitude, plan.latitude))
        for rule in rules_for(neurons)
        for plan in layout(neurons, seed)
        if rule["property"] in plan.observed
    ]
    for week in range(52):
        now_ms = BEGIN_MS + week * WEEK_MS + week * 3_600_000  # at every hour of the day, and on every day of the week
        assert any(
            COMPARED[rule["comparison"]](world.last_known(site, rule["property"], now_ms), rule["threshold"])
            for rule, site in sites
        ), week
