"""The pages under docs/protocols show what the command line says."""

import re
import shlex
from pathlib import Path

import pytest

from protocols.senml.units import UCUM

PAGES = Path(__file__).parents[2] / "docs" / "protocols"
_EXAMPLE = re.compile(r"^```console\n\$ (.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    pytest.param(command, shown, id=f"{page}-{number}")
    for page in ("modbus.md", "senml.md")
    for number, (command, shown) in enumerate(_EXAMPLE.findall((PAGES / page).read_text("utf-8")))
]


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_an_example_is_what_is_printed(yingzhou, command, shown):
    words = shlex.split(command)
    stdin = b""
    if words[0] == "echo":
        place = words.index("|")
        stdin, words = " ".join(words[1:place]).encode(), words[place + 1 :]
    assert words.pop(0) == "yingzhou"
    said = yingzhou(*words, stdin=stdin)
    assert "\n".join([*said.out, *said.err]).rstrip() == shown.rstrip()
    assert said.code == (1 if said.err else 0)


def test_every_page_has_examples():
    assert len(EXAMPLES) >= 8


def test_the_table_of_units_is_whole():
    table = (PAGES / "senml.md").read_text("utf-8").split("## Units")[1].split("## Quirks")[0]
    listed = dict(re.findall(r"`([^` ]+)`\s+→\s+`([^` ]+)`", table))
    alike = re.findall(r"`([^` ]+)`", table.split("Alike in both:")[1].split("\n\n")[0])
    assert listed | dict(zip(alike, alike, strict=True)) == UCUM
