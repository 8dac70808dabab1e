"""docs/quality.md says what the code does: the table of defaults, the names of the keys, the examples."""

import re
import tomllib
from pathlib import Path

import pytest

from edge.config import load
from edge.exception_report import ReportRow
from edge.quality.config import CheckRow, QualityConfig
from edge.quality.defaults import DEFAULTS
from edge.quality.limits import Limits
from edge.rules.config import LightsRow, RuleRow
from protocols.vocabulary import unit_of

DOCUMENT = (Path(__file__).parents[3] / "docs" / "quality.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
HEAD = '[gateway]\nid = "gw-1"\ndata = "d"\n[uplink]\nurl = "mqtt://h"\nhmac_key_file = "k"\n'


def number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:g}"


def pair(low: float, high: float) -> str:
    return f"{number(low)} to {number(high)}"


def duration(seconds: float) -> str:
    return f"{number(seconds / 3600)} h" if seconds >= 3600 else f"{number(seconds / 60)} min"


def row(name: str, limits: Limits) -> str:
    """The table's line for one property."""
    rate = ", ".join(f"{number(step)} / {duration(ms / 1000)}" for ms, step in limits.rate.steps) if limits.rate else ""
    flat = limits.flat
    cells = [
        name,
        unit_of(name) or "",
        pair(*limits.sensor) if limits.sensor else "",
        pair(*limits.user) if limits.user else "",
        f"{number(limits.spike.low)} / {number(limits.spike.high)}" if limits.spike else "",
        rate,
        f"{number(flat.suspect_ms / 3.6e6)} / {number(flat.fail_ms / 3.6e6)} h" if flat else "",
        ", ".join(number(span.low) if span.low == span.high else pair(*span) for span in flat.natural) if flat else "",
        f"{number(limits.unit.step)}, x{'/'.join(number(one) for one in limits.unit.factors)}" if limits.unit else "",
    ]
    return "| " + " | ".join(cells) + " |"


def table() -> str:
    return "\n".join(row(name, limits) for name, limits in DEFAULTS.items())


def test_the_table_is_that_of_the_code() -> None:
    assert table() in DOCUMENT


@pytest.mark.parametrize("section", [CheckRow, QualityConfig, ReportRow, RuleRow, LightsRow])
def test_every_key_is_named(section: type) -> None:
    for key in section.model_fields:  # type: ignore[attr-defined]
        assert f"`{key}`" in DOCUMENT or re.search(rf"\b{key}(?: = |\]\])", DOCUMENT), key


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_each_example_loads(tmp_path: Path, number: int) -> None:
    path = tmp_path / "gateway.toml"
    path.write_text(HEAD + EXAMPLES[number])
    load(path)
    assert set(tomllib.loads(EXAMPLES[number])) <= {"quality", "report", "rule", "lights", "link"}
