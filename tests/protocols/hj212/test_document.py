"""docs/protocols/hj212.md says what the code does: its commands are run, and print what stands there."""

import re
import shlex
from contextlib import suppress
from pathlib import Path

import pytest

from edge.links.config import Hj212Device, Hj212Tcp
from protocols.hj212 import MAX_SEGMENT
from protocols.hj212.factors import factors
from protocols.hj212.parts import MAX_CONTENT
from yingzhou.__main__ import main

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "protocols" / "hj212.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```console\n\$ yingzhou (.*)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)


def printed(command: str, capsys) -> str:
    with suppress(SystemExit):
        main(shlex.split(command))
    out, err = capsys.readouterr()
    return out + err


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_command_prints_what_the_page_shows(command, shown, capsys):
    assert printed(command, capsys) == shown


def test_there_is_something_to_run():
    assert len(EXAMPLES) == PAGE.count("```console") == 4


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
