"""docs/protocols/sparkplug.md: its commands are run and print what stands there, its figures are those of the code."""

import re
import shlex
from pathlib import Path

import pytest

from protocols.sparkplug import Limits
from protocols.sparkplug.outcomes import MAX_WAITING
from protocols.sparkplug.payload import MAX_CELLS, MAX_DEPTH, MAX_METRICS, MAX_NAME, MAX_PAYLOAD, MAX_TEXT
from protocols.sparkplug.points import MAX_VALUE, hardware_id
from protocols.sparkplug.readings import UNITS
from protocols.sparkplug.topic import Descriptor
from yingzhou.__main__ import main

PAGE = (Path(__file__).parents[3] / "docs" / "protocols" / "sparkplug.md").read_text("utf-8")
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
RUNS = [
    (command, output)
    for block in BLOCKS
    for command, output in re.findall(r"^\$ (.*?)\n(.*?)(?=^\$ |\Z)", block, re.DOTALL | re.MULTILINE)
]


def test_there_is_something_to_run():
    assert len(RUNS) >= 5


@pytest.mark.parametrize(("command", "output"), RUNS, ids=[command[:40] for command, _ in RUNS])
def test_commands_print_what_stands_there(capsys, command, output):
    program, *argv = shlex.split(command)
    assert program == "yingzhou"
    main(argv)
    printed = capsys.readouterr()
    assert (printed.out + printed.err).splitlines() == output.splitlines()


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
        MAX_VALUE,
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
