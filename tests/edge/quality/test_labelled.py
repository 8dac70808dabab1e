"""The bench's labelled days, small: what is told of known faults (python -m bench.quality for a year of all)."""

from itertools import pairwise

import numpy as np
import pytest

from bench import labelled_year
from bench.labelled_year import INSTRUMENTS, Year
from bench.quality import GOALS, Precision, report

SOIL = next(one for one in INSTRUMENTS if one.observed == "soil_temperature")


@pytest.fixture
def year(monkeypatch: pytest.MonkeyPatch) -> Year:
    """Days as warm as each other, in place of the world's, which take seconds."""
    monkeypatch.setattr(
        labelled_year, "_world", lambda *a: 20 + 3 * np.sin((a[-1] % 86_400_000) / 86_400_000 * 2 * np.pi)
    )
    return Year(SOIL, 1, 40)


def test_forty_days_of_a_soil_probe(year: Year) -> None:
    precision = Precision()
    found = report(year, precision)
    assert (found.suspect, found.fail) == (0, 0)
    assert {kind: found.found[kind].recall for kind in GOALS} == dict.fromkeys(GOALS, 1.0)
    assert found.found["drift"].recall < 1
    assert precision.flagged["flat_line"] == precision.right["flat_line"] > 1000
    assert precision.right["spike"] > 10


@pytest.mark.parametrize("kind", ["spike", "stuck", "step", "unit", "gap", "clock", "drift", "noise"])
def test_faults_lie_apart_and_within_the_days(year: Year, kind: str) -> None:
    events = year.events(kind)  # type: ignore[arg-type]
    assert len(events) >= 2
    assert all(0 < one.first < one.end <= len(year.true) for one in events)
    assert all(one.end < other.first for one, other in pairwise(events))
    good = year.shown(year.true)
    sent = year.faulty(events)
    outside = [at for at in range(len(good)) if not any(one.first <= at < one.end for one in events)]
    assert (good[outside] == sent[outside]).all()
