"""docs/protocols/sl651.md says what the code does: its commands are run, and print what stands there."""

import re
import shlex
from contextlib import suppress
from pathlib import Path

import pytest

from protocols.sl651 import MAX_FRAME
from protocols.sl651.centre import MAX_COMMANDS, CentreTimes
from protocols.sl651.elements import elements, parameters
from protocols.sl651.joiner import STALE_S
from yingzhou.__main__ import main

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "protocols" / "sl651.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```console\n\$ yingzhou (.*)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_command_prints_what_the_page_shows(command, shown, capsys):
    with suppress(SystemExit):
        main(shlex.split(command))
    out, err = capsys.readouterr()
    assert out + err == shown


def test_there_is_something_to_run():
    assert len(EXAMPLES) == PAGE.count("```console") == 7


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
