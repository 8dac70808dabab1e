"""docs/edge/stations.md: its configurations are read as they are printed."""

import re
from pathlib import Path

import pytest

import simulators.config
from edge.config import load

_PAGE = Path(__file__).parents[3] / "docs/edge/stations.md"
_HEAD = '[gateway]\nid = "gw-1"\ndata = "d"\n[uplink]\nurl = "mqtt://h"\nhmac_key_file = "k"\n'
BLOCKS = re.findall(r"```toml\n(.*?)```", _PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_configurations(tmp_path, block):
    path = tmp_path / "x.toml"
    island = block.startswith("[[sl651]]")
    path.write_text(block if island else _HEAD + block)
    config = simulators.config.load(path) if island else load(path)
    assert config.sl651 if island else config.link


def test_all_counters_of_the_page_are_counted_somewhere():
    rows = re.findall(r"^\| (`.*?) \|", _PAGE.read_text(), re.MULTILINE)
    names = {name.split("<")[0] for row in rows for name in re.findall(r"`([a-z_]+(?:<CN>)?)`", row)}
    folder = Path(__file__).parents[3] / "edge/links"
    code = "".join(path.read_text() for path in folder.glob("*.py"))
    assert names
    assert not {name for name in names if f'"{name}' not in code}
