"""docs/protocols/hj212.md says what the code does."""

import re
from pathlib import Path

from edge.links.hj212_config import Hj212Device, Hj212Tcp
from protocols.hj212 import MAX_SEGMENT
from protocols.hj212.factors import factors
from protocols.hj212.parts import MAX_CONTENT

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "protocols" / "hj212.md").read_text("utf-8")


def test_the_settings_it_names_exist():
    rows = [line.split("|")[-2] for line in PAGE.splitlines() if line.startswith("| ") and line.count("|") >= 4]
    named = {name for row in rows for name in re.findall(r"`([a-z_]+)(?: =[^`]*)?`", row)}
    assert {"crc", "mn", "password", "pm_unit", "gas_unit", "intervals"} <= named
    assert named <= set(Hj212Device.model_fields) | set(Hj212Tcp.model_fields)


def test_the_files_it_names_exist():
    for name in re.findall(r"`([a-z_]+\.(?:py|tsv))`", PAGE):
        assert (ROOT / "protocols" / "hj212" / name).exists()


def test_the_figures_are_those_of_the_code():
    assert (MAX_SEGMENT, MAX_CONTENT) == (1024, 950)
    codes = {row.code for row in factors().values()}
    assert (len([code for code in codes if code[0] != "L"]), len([code for code in codes if code[0] == "L"])) == (
        184,
        12,
    )
