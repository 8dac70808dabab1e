"""docs/protocols/sl651.md says what the code does."""

import re
from pathlib import Path

from protocols.sl651 import MAX_FRAME
from protocols.sl651.centre import MAX_COMMANDS, CentreTimes
from protocols.sl651.elements import elements, parameters
from protocols.sl651.joiner import STALE_S

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "protocols" / "sl651.md").read_text("utf-8")


def test_the_files_it_names_exist():
    for name in re.findall(r"`([a-z_]+\.(?:py|tsv))`", PAGE):
        assert (ROOT / "protocols" / "sl651" / name).exists()


def test_the_figures_are_those_of_the_code():
    times = CentreTimes()
    assert f"{MAX_FRAME:,} bytes" in PAGE
    assert f"{len(elements())} elements" in PAGE
    assert f"{len(parameters())} parameters" in PAGE
    assert f"queue of {MAX_COMMANDS}" in PAGE
    assert f"after {times.answer_s:g} s" in PAGE
    assert f"the last {STALE_S:g} s" in PAGE
    assert times.repeats == 2
