import pytest

from protocols.vocabulary import ConfigError
from simulators.config import load

WHOLE = """\
seed = 7
speed = 60.0
truth = "truth.jsonl"

[[modbus]]
port = 5020
[[modbus.unit]]
name = "lamp-1"
unit = 1
kind = "streetlight"
hardware = "serial:YZ1"
location = [121.5, 31.6]

[[hj212]]
name = "air-1"
kind = "air"
mn = "310151101000001000000001"
port = 7000
pm_unit = "ng/m3"

[[coap]]
name = "level-1"
hardware = "imei:867997030000017"
observed = ["water_level", "battery_voltage"]
encoding = "json"
"""


def written(tmp_path, text):
    path = tmp_path / "island.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_whole_file(tmp_path):
    config = load(written(tmp_path, WHOLE))
    assert (config.seed, config.speed, config.truth) == (7, 60.0, tmp_path / "truth.jsonl")
    assert config.modbus[0].unit[0].location == (121.5, 31.6)
    assert config.hj212[0].period_s == 60
    assert config.coap[0].observed == ("water_level", "battery_voltage")


@pytest.mark.parametrize(
    ("was", "becomes", "line", "says"),
    [
        ("seed = 7", "seed = -7", 1, "seed: '-7'"),
        ("speed = 60.0", "speed = 0", 2, "speed: '0'"),
        ("port = 5020", "port = 66666", 6, "modbus.0.port: '66666'"),
        ('kind = "streetlight"', 'kind = "lamp"', 10, "modbus.0.unit.0.kind: 'lamp'"),
        ("unit = 1", "unit = 256", 9, "modbus.0.unit.0.unit: '256'"),
        ('hardware = "serial:YZ1"', 'hardware = "YZ1"', 11, "scheme"),
        ("port = 7000", "prot = 7000", 18, "hj212.0.prot"),
        ('"water_level", ', '"water_level", "ph", ', 24, "coap.0.observed.1: 'ph': expected one of battery_voltage"),
        (
            'name = "air-1"',
            'name = "lamp-1"',
            15,
            "hj212.0.name: 'lamp-1': this name is given twice: modbus.0.unit.0.name (line 8)",
        ),
        ("[[modbus]]", "[[modbus]", 5, "no TOML"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path, was, becomes, line, says):
    assert WHOLE.count(was) == 1
    path = written(tmp_path, WHOLE.replace(was, becomes))
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert f"{path}:{line}: " in str(caught.value)
    assert says in str(caught.value)


def test_no_file(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "island.toml")


CAMERA = '[[camera]]\nname = "{name}"\nport = {port}\n'
METER = '[[meter_line]]\nport = {port}\n[[meter_line.meter]]\nname = "m{port}"\nkind = "water"\naddress = "{address}"\n'
UNIT = '[[modbus.unit]]\nname = "u{unit}"\nkind = "streetlight"\nunit = {unit}\nhardware = "serial:{serial}"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (CAMERA.format(name="c1", port=5020), "camera.0.port: '127.0.0.1:5020': this port is given twice"),
        (
            METER.format(port=1, address="1" * 14) + METER.format(port=2, address="1" * 14),
            "meter_line.1.meter.0.address: '11111111111111': this meter address is given twice",
        ),
        (
            "[[modbus]]\nport = 1\n" + UNIT.format(unit=7, serial="A") + UNIT.format(unit=7, serial="B"),
            "modbus.1.unit.1.unit: '7': this unit of modbus 1 is given twice",
        ),
        (
            "[[modbus]]\nport = 1\n" + UNIT.format(unit=7, serial="YZ1"),
            "modbus.1.unit.0.hardware: 'serial:YZ1': this hardware is given twice: modbus.0.unit.0.hardware (line 11)",
        ),
    ],
)
def test_what_is_given_twice_is_told_at_its_own_line(tmp_path, text, says):
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, WHOLE + text))
    assert says in str(caught.value)
