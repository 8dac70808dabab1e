"""docs/protocols/sparkplug.md: its figures are those of the code."""

import re
from pathlib import Path

from protocols.sparkplug import Limits
from protocols.sparkplug.outcomes import MAX_WAITING
from protocols.sparkplug.payload import MAX_CELLS, MAX_DEPTH, MAX_METRICS, MAX_NAME, MAX_PAYLOAD, MAX_TEXT
from protocols.sparkplug.points import hardware_id
from protocols.sparkplug.readings import UNITS
from protocols.sparkplug.topic import Descriptor
from protocols.vocabulary.identity import MAX_HARDWARE_VALUE

PAGE = (Path(__file__).parents[3] / "docs" / "protocols" / "sparkplug.md").read_text("utf-8")


def test_the_bounds_are_those_of_the_code():
    limits = Limits()
    for bound in (
        MAX_PAYLOAD,
        MAX_METRICS,
        MAX_CELLS,
        MAX_DEPTH,
        MAX_NAME,
        MAX_TEXT,
        MAX_WAITING,
        MAX_HARDWARE_VALUE,
        limits.nodes,
        limits.devices,
        limits.metrics,
        limits.waiting_bytes,
        round(limits.reorder_s),
        round(limits.rebirth_s),
        round(limits.rebirth_max_s),
    ):
        assert re.search(rf"(?<![\d,]){bound:,}(?![\d,])", PAGE), bound


def test_the_identities_are_those_of_the_code():
    examples = re.findall(r"^\| `([^`]+)` \| `sparkplug:([^`]+)` \|$", PAGE, re.MULTILINE)
    assert len(examples) >= 4
    for source, value in examples:
        assert hardware_id(Descriptor(*source.split("/"))).value == value


def test_the_units_are_those_of_the_code():
    for other in UNITS:
        assert f"`{other}`" in PAGE
