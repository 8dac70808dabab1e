"""docs/protocols/coap-lwm2m.md and nbiot.md: every command that stands there prints what stands there."""

import re
import shlex
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "docs" / "protocols"
_BLOCK = re.compile(r"^```console\n\$ yingzhou ([^\n]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    pytest.param(command, output.splitlines(), id=command[:60])
    for page in ("coap-lwm2m.md", "nbiot.md")
    for command, output in _BLOCK.findall((PAGES / page).read_text("utf-8"))
]


def test_there_are_examples():
    assert len(EXAMPLES) >= 12


@pytest.mark.parametrize(("command", "output"), EXAMPLES)
def test_the_page_shows_what_the_command_prints(yingzhou, command, output):
    said = yingzhou(*shlex.split(command))
    assert said.out + said.err == output
