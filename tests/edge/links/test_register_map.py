"""Which rows a configured device gets: by model and firmware, or its own."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from edge.config import EdgeConfig, load
from edge.links.hj212_config import Hj212Device
from edge.links.modbus_config import ModbusDevice
from edge.links.modbus_device import ModbusDevice as Polled
from edge.quality.figures import Device, Figures
from firmware_adapters.device_model import DeviceModel
from firmware_adapters.firmware import ANY, Firmware
from firmware_adapters.hj212_factors import Factor, FactorRow
from firmware_adapters.registry import Catalogue
from firmware_adapters.rows import RegisterRow
from protocols.vocabulary import ConfigError, ManualClock, Point


def probe(address: int, firmware: Firmware) -> DeviceModel:
    rows = (RegisterRow("water_level", address, low=0.0, high=8.0), RegisterRow("ph", address + 1))
    return DeviceModel("v", "probe", "a probe", "its manual", firmware, registers=rows)


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    models = Catalogue([probe(10, Firmware("1", "2")), probe(20, Firmware("3"))])
    monkeypatch.setattr("edge.links.named_model.MODELS", models)
    monkeypatch.setattr("edge.links.register_map.MODELS", models)


def device(**keys: Any) -> ModbusDevice:
    return ModbusDevice.model_validate({"neuron": "serial:1", **keys}, strict=False)


@pytest.mark.parametrize(
    ("keys", "address", "note"),
    [
        ({"firmware": "V1.9"}, 10, ""),
        ({"firmware": "3.0.1"}, 20, ""),
        (
            {"firmware": "2.5", "unlisted_firmware": "nearest"},
            10,
            "v/probe: firmware 2.5 is not documented; rows of firmware from 1 before 2 are used",
        ),
        (
            {"unlisted_firmware": "nearest"},
            20,
            "v/probe: firmware is not given; rows of firmware from 3 are used",
        ),
    ],
)
def test_the_firmware_tells_which_rows(keys: dict[str, str], address: int, note: str) -> None:
    model = device(model="v/probe", **keys).register_model()
    assert (model.rows[0].address, model.note) == (address, note)
    polled = Polled("serial:1", 1, model, 1.0, ManualClock())
    assert polled.status().notes == ((note,) if note else ())


@pytest.mark.parametrize(
    ("keys", "at", "message"),
    [
        ({"model": "v/probe"}, "firmware", "firmware is not given; documented: from 1 before 2, from 3"),
        ({"model": "v/probe", "firmware": "2.5"}, "firmware", "firmware 2.5 is not documented; documented: from 1"),
        ({"model": "v/probe", "firmware": "beta"}, "firmware", "expected numbers"),
        ({"model": "v/nothing", "firmware": "1"}, "model", "expected one of v/probe"),
        ({"rows": [{"observed": "ph", "address": 0}], "firmware": "1"}, "firmware", "goes with model"),
        ({"model": "v/probe", "firmware": "1", "unlisted_firmware": "any"}, "unlisted_firmware", "'nearest'"),
    ],
)
def test_what_is_wrong_is_told_at_its_key(keys: dict[str, Any], at: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        device(**keys)
    (error,) = caught.value.errors()
    assert error["loc"] == (at,)
    assert message in error["msg"]


def test_the_instrument_s_range_is_checked_and_the_site_stands_above_it() -> None:
    one, other = (device(model="v/probe", firmware="1.0") for _ in range(2))
    assert one.instrument_checks is other.instrument_checks
    figures = Figures((), {"serial:1": Device(one.instrument_checks)})
    sensor = figures.limits_of(Point("serial:1", "water_level")).sensor
    assert sensor is not None
    assert (sensor.low, sensor.high) == (0.0, 8.0)
    own = device(model="v/probe", firmware="1", checks=[{"observed": "water_level", "sensor_max": 5.0}])
    figures = Figures((), {"serial:1": Device(own.instrument_checks + own.checks)})
    sensor = figures.limits_of(Point("serial:1", "water_level")).sensor
    assert sensor is not None
    assert (sensor.low, sensor.high) == (0.0, 5.0)


def test_rows_of_the_configuration_say_all_that_a_model_s_rows_say() -> None:
    row = {
        "observed": "gate_opening", "address": 7, "codes": [[1, 0.0], [2, 1.5]], "low": 0, "high": 2.5,
        "source": "p. 7",
    }  # fmt: skip
    (made,) = device(rows=[row]).register_model().rows
    assert made == RegisterRow(
        "gate_opening", 7, codes=((1, 0.0), (2, 1.5)), low=0.0, high=2.5, source="p. 7"
    )  # fmt: skip
    assert set(RegisterRow.__dataclass_fields__) == set(device(rows=[row]).rows[0].model_dump())


def test_a_station_of_a_model_means_its_own_by_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    sonde = DeviceModel("v", "station", "w", "m", factors=(FactorRow("w99001", "chlorophyll_a"),))
    monkeypatch.setattr("edge.links.hj212_config.MODELS", Catalogue([sonde, probe(1, ANY)]))
    table = Hj212Device(mn="A1", model="v/station").factor_table()
    assert table["w99001"] == Factor("chlorophyll_a", "", 1, 1)
    assert table["w01001"] == Factor("ph", "", 1, 1)
    assert Hj212Device(mn="A1").factor_table()["w99001"] == Factor("hj212_w99001", "", 1, 1)
    with pytest.raises(ValidationError, match="expected one of v/station"):
        Hj212Device(mn="A1", model="v/probe")


SITE = """
[gateway]
id = "gw-1"
data = "data"
[uplink]
url = "mqtt://127.0.0.1"
hmac_key_file = "key"
[[link]]
kind = "modbus-tcp"
name = "sluices"
host = "10.0.0.7"
[[link.device]]
neuron = "serial:1"
model = "site/sluice"
[[link.device]]
neuron = "serial:2"
unit = 2
model = "site/sluice"
[[model]]
name = "site/sluice"
source = "cabinet drawing 7"
gap = 3
[[model.rows]]
observed = "water_level"
address = 4
unit = "mm"
"""


def of_site(tmp_path: Path, text: str) -> EdgeConfig:
    path = tmp_path / "gateway.toml"
    path.write_text(text)
    return load(path)


def test_devices_share_a_map_of_the_file_wherever_it_stands_in_it(tmp_path: Path) -> None:
    (link,) = of_site(tmp_path, SITE).link
    one, other = (device.register_model() for device in link.device)
    assert one is other
    assert (one.rows, one.gap, one.source) == ((RegisterRow("water_level", 4, unit="mm"),), 3, "cabinet drawing 7")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            'sluice"\n[[model]]',
            'gate"\n[[model]]',
            "18: link.0.device.1.model: 'site/gate': expected one of site/sluice",
        ),
        ('sluice"\nsource', '"\nsource', "20: model.0.name: 'site/': String should match"),
        ('site/sluice"\nsource', 'v/probe"\nsource', "19: model.0: name: 'v/probe': the registry has a model"),
        ("unit = 2\n", 'unit = 2\nfirmware = "1"\n', "18: link.0.device.1.firmware: '1': goes with a model of the"),
        ("[[model.rows]]\nobserved", "[[model.rows]]\nobserve", "24: model.0.rows.0.observe: 'water_level': "),
    ],
)
def test_a_map_of_the_file_is_told_by_line_and_key(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert SITE.count(old) == 1
    with pytest.raises(ConfigError) as caught:
        of_site(tmp_path, SITE.replace(old, new))
    assert any(line.split("gateway.toml:")[1].startswith(fault) for line in str(caught.value).splitlines()), (
        caught.value
    )


def test_two_maps_of_one_name(tmp_path: Path) -> None:
    again = SITE[SITE.index("[[model]]") :]
    with pytest.raises(ConfigError, match="'site/sluice' is given twice"):
        of_site(tmp_path, SITE + again)


def test_one_series_of_two_devices(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="serial:1/water_level is read from two devices"):
        of_site(tmp_path, SITE.replace("serial:2", "serial:1"))
