"""The pages under docs/protocols show what the command line says."""

import re

import pytest

from protocols.senml.units import UCUM
from tests.yingzhou.console import PAGES, runs
from yingzhou.codecs import CODECS

RUNS = {page.name: runs(page) for page in sorted(PAGES.glob("*.md"))}
EXAMPLES = [
    pytest.param(run, id=f"{page}-{number}") for page, found in RUNS.items() for number, run in enumerate(found)
]


@pytest.mark.parametrize("run", EXAMPLES)
def test_an_example_is_what_is_printed(yingzhou, run):
    argv, stdin = run.argv()
    said = yingzhou(*argv, stdin=stdin)
    assert [*said.out, *said.err] == run.shown.splitlines()
    assert said.code == (1 if said.err else 0)


def test_every_page_has_examples():
    assert min(len(found) for found in RUNS.values()) >= 3


def test_every_protocol_has_its_page():
    shown = {run.argv()[0][1] for found in RUNS.values() for run in found if run.argv()[0][0] == "decode"}
    assert shown >= CODECS.keys() - {"uplink"}


def test_the_table_of_units_is_whole():
    table = (PAGES / "senml.md").read_text("utf-8").split("## Units")[1].split("## Quirks")[0]
    listed = dict(re.findall(r"`([^` ]+)`\s+→\s+`([^` ]+)`", table))
    alike = re.findall(r"`([^` ]+)`", table.split("Alike in both:")[1].split("\n\n")[0])
    assert listed | dict(zip(alike, alike, strict=True)) == UCUM
