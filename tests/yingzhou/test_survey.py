"""``yingzhou edge scan`` and ``probe`` from the command line, on a pseudo-terminal that answers."""

import os
import select
import struct
import threading
import tty
from contextlib import contextmanager

import pytest

from tests.edge.links.meter_liar import E1, W1, MeterLiar, electricity, water
from tests.edge.links.rtu_liar import Liar, sealed, truth

GATEWAY = """
[gateway]
id = "gw-1"
data = "d"
[uplink]
url = "mqtt://h"
hmac_key_file = "k"
[[link]]
kind = "hj212-tcp"
name = "stations"
port = 7001
"""
MODBUS = """
[[link]]
kind = "modbus-rtu"
name = "cabinet"
path = "{path}"
baud = 115200
[[link.device]]
neuron = "serial:1"
unit = 1
model = "generic/streetlight"
"""
METERS = """
[[link]]
kind = "meter-serial"
name = "meters"
path = "{path}"
[[link.device]]
protocol = "dlt645"
address = "000000000012"
model = "generic/single-phase"
"""


@contextmanager
def answering(path, make):
    """A serial port at a path; a thread at its other end says what ``make(say)`` hears."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    path.symlink_to(os.ttyname(theirs))
    stop_read, stop_write = os.pipe()
    device = make(lambda data: os.write(ours, data))

    def serve():
        while stop_read not in (ready := select.select([ours, stop_read], [], [])[0]):
            assert ready
            device.hear(os.read(ours, 4096))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield device
    finally:
        os.write(stop_write, b"!")
        thread.join()
        for one in (ours, theirs, stop_read, stop_write):
            os.close(one)


@pytest.fixture
def modbus(tmp_path):
    with answering(tmp_path / "tty", Liar) as liar:
        liar.script = lambda q: truth(q) if q.unit in (2, 7) else None
        yield tmp_path / "tty"


def test_a_scan_of_a_serial_port(yingzhou, modbus):
    found = yingzhou("edge", "scan", "--port", str(modbus), "--units", "1-8", "--timeout", "0.3")
    assert (found.code, found.err) == (0, [])
    assert found.out == [
        "modbus  2  answers; holding register 0 is 07D0",
        "modbus  7  answers; holding register 0 is 1B58",
    ]


def test_a_scan_as_json_over_several_settings(yingzhou, modbus):
    wanted = ("--units", "7", "--baud", "9600,19200", "--timeout", "0.3")
    found = yingzhou("edge", "scan", "--port", str(modbus), *wanted, "--json")
    assert (found.code, found.err) == (0, [])
    (told,) = found.json()
    assert told["lines"] == [f"{modbus} at 9600 8N1", f"{modbus} at 19200 8N1"]
    assert [(one["line"], one["address"]) for one in told["found"]] == [(line, "7") for line in told["lines"]]


def test_a_scan_where_nobody_is(yingzhou, modbus):
    found = yingzhou("edge", "scan", "--port", str(modbus), "--units", "4", "--timeout", "0.05")
    assert found.code == 1
    assert found.out[0].startswith("nobody answered")


def test_the_line_out_of_a_file(yingzhou, modbus, tmp_path):
    file = tmp_path / "gateway.toml"
    file.write_text(GATEWAY + MODBUS.format(path=modbus))
    found = yingzhou("edge", "scan", "-c", str(file), "--units", "7", "--timeout", "0.3")
    assert (found.code, len(found.out)) == (0, 1)
    also = yingzhou("edge", "-c", str(file), "scan", "--link", "cabinet", "--units", "7", "--timeout", "0.3")
    assert (also.out, also.err) == (found.out, [])


def test_meters_out_of_a_file(yingzhou, tmp_path):
    with answering(tmp_path / "tty", lambda say: MeterLiar(say, electricity(), water())):
        file = tmp_path / "gateway.toml"
        file.write_text(GATEWAY + METERS.format(path=tmp_path / "tty"))
        found = yingzhou("edge", "scan", "-c", str(file), "--timeout", "0.5")
    assert (found.code, found.err) == (0, [])
    assert found.out == [f"dlt645  {E1}  DL/T 645-2007", f"cjt188  {W1}  type 10, cold water meter"]


@pytest.fixture
def float_device(tmp_path):
    def script(question):
        data = struct.pack(">f", 23.5)
        return sealed(question.unit, bytes((question.function, 4)) + data[2:] + data[:2])

    with answering(tmp_path / "tty", Liar) as liar:
        liar.script = script
        yield str(tmp_path / "tty")


def test_a_probe(yingzhou, float_device):
    wanted = ("--unit", "3", "--register", "0x64", "--times", "2", "--pause", "0.01")
    found = yingzhou("edge", "probe", "--port", float_device, *wanted)
    assert (found.code, found.err) == (0, [])
    assert found.out[0] == "unit 3, holding from 100: 0000 41BC, 0000 41BC"
    assert found.out[2].split()[:4] == [">", "f32", "CDAB", "23.5"]
    assert found.out[-1] == 'looks right: kind = "f32", order = "CDAB"'
    assert len(found.out) == 3 + 16


def test_a_probe_as_json(yingzhou, float_device):
    found = yingzhou(
        "edge", "probe", "--port", float_device, "--unit", "3", "--register", "100", "--times", "1", "--json"
    )
    (told,) = found.json()
    assert (told["unit"], told["table"], told["address"], told["certain"]) == (3, "holding", 100, True)
    assert told["readings"][0]["values"] == [23.5]
    assert told["answers"] == [[0, 0x41BC]]


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["scan"], 2, "expected one of -c FILE, --port PATH, --tcp HOST:PORT, --modbus-tcp HOST:PORT"),
        (["scan", "--port", "/dev/x", "--tcp", "h:1"], 2, "expected one of"),
        (["scan", "--tcp", "host"], 2, "--tcp host: expected HOST:PORT"),
        (["scan", "--tcp", "h:99999"], 2, "expected HOST:PORT"),
        (["scan", "--tcp", "h:1", "--baud", "9600"], 2, "go with --port"),
        (["scan", "--tcp", "h:1", "--link", "x"], 2, "--link goes with -c"),
        (["scan", "--port", "COM3"], 2, "--port COM3: expected a path such as /dev/ttyUSB0"),
        (["scan", "--port", "/dev/x", "--baud", "fast"], 2, "--baud fast: expected 50 to 4000000"),
        (["scan", "--port", "/dev/x", "--parity", "mark"], 2, "--parity mark: expected none, even, odd"),
        (["scan", "--port", "/dev/x", "--units", "1-300"], 2, "--units 1-300: expected numbers and ranges"),
        (["scan", "--port", "/dev/x", "--units", "9-1"], 2, "--units 9-1"),
        (["scan", "--port", "/nowhere/tty"], 1, "/nowhere/tty: No such file or directory"),
        (["scan", "--modbus-tcp", "127.0.0.1:1", "--protocol", "dlt645"], 2, "not on Modbus TCP"),
        (
            ["probe", "--modbus-tcp", "127.0.0.1:1", "--unit", "1", "--register", "0"],
            1,
            "127.0.0.1:1: Connection refused",
        ),
        (["probe", "--port", "/dev/x", "--baud", "9600,19200", "--unit", "1", "--register", "0"], 2, "expected one"),
        (["probe", "--port", "/dev/x", "--unit", "256", "--register", "0"], 2, "expected 0 to 255"),
        (["probe", "--port", "/dev/x", "--unit", "x", "--register", "0"], 2, "invalid"),
        (["probe", "--port", "/dev/x", "--unit", "1", "--register", "0", "--expect", "nan"], 2, "expected a number"),
        (["scan", "--port", "/dev/x", "--timeout", "0"], 2, "expected 0.001 to 60"),
        ([], 2, "expected -c FILE"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(yingzhou, arguments, code, why):
    found = yingzhou("edge", *arguments)
    assert found.code == code
    assert why in found.err[-1]


@pytest.mark.parametrize(
    ("links", "option", "why"),
    [
        ("", [], "--link: expected one of none"),
        (MODBUS + METERS, [], "--link: expected one of cabinet, meters"),
        (MODBUS, ["--link", "stations"], "--link stations: expected one of cabinet"),
    ],
)
def test_a_file_with_no_line_or_with_more_than_one(yingzhou, tmp_path, links, option, why):
    file = tmp_path / "gateway.toml"
    file.write_text(GATEWAY + links.replace("{path}", "/dev/a", 1).replace("{path}", "/dev/b"))
    found = yingzhou("edge", "scan", "-c", str(file), *option)
    assert found.code == 2
    assert why in found.err[-1]


@pytest.mark.parametrize("action", ["scan", "probe"])
def test_help(yingzhou, action):
    found = yingzhou("edge", action, "--help")
    assert found.code == 0
    assert f"  yingzhou edge {action} " in "\n".join(found.out)
