"""docs/protocols/dlt645.md and cjt188.md say what the code does."""

import re
from pathlib import Path

import pytest

from protocols.cjt188.units import UNITS
from protocols.dlt645.exchange import MAX_FOLLOWING
from protocols.meter_line.frame import MAX_STRAY

ROOT = Path(__file__).parents[3]
PAGES = {name: (ROOT / "docs" / "protocols" / f"{name}.md").read_text("utf-8") for name in ("dlt645", "cjt188")}


@pytest.mark.parametrize("name", PAGES)
def test_the_files_it_names_exist(name):
    named = re.findall(r"`([a-z_0-9/]+\.(?:py|json))`", PAGES[name])
    homes = [ROOT, ROOT / "protocols" / name, ROOT / "protocols", ROOT / "tests" / "golden" / name]
    assert named
    assert [file for file in named if not any((home / file).exists() for home in homes)] == []


def test_the_figures_are_those_of_the_code():
    assert f"at most {MAX_FOLLOWING} after the first" in PAGES["dlt645"]
    for page in PAGES.values():
        assert f"at most {MAX_STRAY} stray bytes" in page
    assert f"{len(UNITS)} codes" in PAGES["cjt188"]
