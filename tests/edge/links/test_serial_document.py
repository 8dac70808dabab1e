"""docs/edge/serial.md: its configurations are read as they are printed."""

import re
from pathlib import Path

import pytest

import simulators.config
from edge.config import load

PAGE = Path(__file__).parents[3] / "docs/edge/serial.md"
HEAD = '[gateway]\nid = "gw-1"\ndata = "d"\n[uplink]\nurl = "mqtt://h"\nhmac_key_file = "k"\n'
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS)
def test_configurations(tmp_path, block):
    path = tmp_path / "x.toml"
    is_island = block.startswith("[[meter_line]]")
    path.write_text(block if is_island else HEAD + block)
    config = simulators.config.load(path) if is_island else load(path)
    assert config.meter_line if is_island else config.link


def test_a_fault_in_a_meter_is_told_with_its_line(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text(HEAD + BLOCKS[1].replace("000000000012", "12"))
    with pytest.raises(Exception, match=r"x\.toml:14: link\.0\.device\.0\.address: '12'"):
        load(path)
    path.write_text(HEAD + BLOCKS[1].replace('"dlt645"', '"dlms"'))
    with pytest.raises(Exception, match=r"link\.0\.device\.0\.protocol: 'dlms': expected 'dlt645', 'cjt188'"):
        load(path)
