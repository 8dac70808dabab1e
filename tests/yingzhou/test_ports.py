import json
import socket
from pathlib import Path

import pytest

from yingzhou.ports import choose


def test_a_second_start_finds_the_same(tmp_path: Path) -> None:
    first = choose(tmp_path / "ports.json", api=0, mqtt=0, lines={"modbus-tcp": 2, "meter-tcp": 1})
    assert choose(tmp_path / "ports.json", api=0, mqtt=0, lines={"modbus-tcp": 2, "meter-tcp": 1}) == first


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", "null", '{"api": 1}', '{"api":"x","mqtt":1,"hj212":1,"coap":1,"modbus":[]}', "\0\0\0",
     '{"api":1,"mqtt":1,"hj212":1,"coap":1,"lines":{"modbus-tcp":["x"]}}'],
)  # fmt: skip
def test_a_damaged_file_is_no_reason_not_to_start(tmp_path: Path, damage: str) -> None:
    (tmp_path / "ports.json").write_text(damage)
    chosen = choose(tmp_path / "ports.json", api=0, mqtt=0, lines={"modbus-tcp": 1})
    assert json.loads((tmp_path / "ports.json").read_text())["coap"] == chosen.coap > 0


def test_a_port_that_is_taken_leaves_no_folder_behind(yingzhou, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for option in ("--port", "--mqtt-port"):
            other = "--port" if option == "--mqtt-port" else "--mqtt-port"
            told = yingzhou("up", option, str(port), other, "0", "--data", str(tmp_path / "data"))
            assert told.code == 2
            assert told.err == [
                f"yingzhou up: {option} {port}: something listens there already; choose another, or 0 for any"
            ]
    assert not (tmp_path / "data").exists()
