"""docs/protocols/dlt645.md and cjt188.md say what the code does: their commands are run and print what is shown."""

import re
import shlex
from contextlib import suppress
from pathlib import Path

import pytest

from protocols.cjt188.units import UNITS
from protocols.dlt645.exchange import MAX_FOLLOWING
from protocols.meter_line.frame import MAX_STRAY
from yingzhou.__main__ import main

ROOT = Path(__file__).parents[3]
PAGES = {name: (ROOT / "docs" / "protocols" / f"{name}.md").read_text("utf-8") for name in ("dlt645", "cjt188")}
EXAMPLE = re.compile(r"^```console\n\$ yingzhou (.*)\n((?:.*\n)*?)```$", re.MULTILINE)
EXAMPLES = [pytest.param(*found, id=name) for name, page in PAGES.items() for found in EXAMPLE.findall(page)]


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_every_command_prints_what_the_page_shows(command, shown, capsys):
    with suppress(SystemExit):
        main(shlex.split(command))
    out, err = capsys.readouterr()
    assert out + err == shown


@pytest.mark.parametrize("name", PAGES)
def test_there_is_something_to_run(name):
    assert PAGES[name].count("```console") == len(EXAMPLE.findall(PAGES[name])) == 4


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
