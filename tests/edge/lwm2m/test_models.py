"""Which rows an LwM2M device gets: its own, the link's, its model's, OMA's."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from edge.lwm2m.config import Lwm2m
from edge.lwm2m.link import Lwm2mLink
from edge.lwm2m.rows import Row, Rows
from firmware_adapters.device_model import DeviceModel
from firmware_adapters.firmware import ANY, Firmware
from firmware_adapters.lwm2m_resources import ResourceRow
from firmware_adapters.registry import Catalogue
from firmware_adapters.rows import RegisterRow
from protocols.lwm2m import Path
from protocols.vocabulary import SystemClock
from tests.edge.lwm2m.test_link import IMEI, SOURCE, served, told


def probe(divisor: int, firmware: Firmware) -> DeviceModel:
    rows = (
        ResourceRow("/3303/*/5700", "water_temperature", unit="Cel", divisor=divisor),
        ResourceRow("/3303/1/5700", "soil_temperature", unit="Cel"),
        ResourceRow("/3303/0/5601", "water_level", unit="cm"),
    )
    return DeviceModel("v", "probe", "w", "m", firmware, resources=rows)


PLAIN = DeviceModel("v", "plain", "w", "m", ANY, resources=(ResourceRow("/33000/0/1", "water_level", writable=True),))
WIRED = DeviceModel("v", "wired", "w", "m", ANY, registers=(RegisterRow("ph", 1),))


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    models = Catalogue([probe(10, Firmware("1", "2")), probe(100, Firmware("3")), PLAIN, WIRED])
    monkeypatch.setattr("edge.links.named_model.MODELS", models)


def config(link_rows: tuple[dict[str, Any], ...] = (), **keys: Any) -> Lwm2m:
    device = {"endpoint": IMEI, **keys}
    fields = {"kind": "lwm2m", "name": "nb", "host": "127.0.0.1", "port": 0, "ack_timeout_s": 0.3}
    return Lwm2m.model_validate_json(json.dumps({**fields, "rows": link_rows, "device": [device]}))


def temperature(given: Lwm2m, instance: int) -> Row:
    listed = given.device[0]
    rows = Rows(listed.rows, given.rows, listed.model_rows).of(Path(3303, instance))
    return next(row for row in rows if row.path.resource_id == 5700)


@pytest.mark.parametrize(
    ("link_rows", "own", "observed"),
    [
        ((), (), ("water_temperature", "soil_temperature")),
        (("/3303/*/5700",), (), ("link", "link")),
        (("/3303/1/5700",), (), ("water_temperature", "link")),
        (("/3303/1/5700",), ("/3303/*/5700",), ("own", "own")),
        (("/3303/*/5700",), ("/3303/0/5700",), ("own", "link")),
    ],
)
def test_what_is_nearer_to_the_device_stands_above(
    link_rows: tuple[str, ...], own: tuple[str, ...], observed: tuple[str, str]
) -> None:
    given = config(
        tuple({"path": path, "observed": "link"} for path in link_rows),
        rows=[{"path": path, "observed": "own"} for path in own],
        model="v/probe",
        firmware="1.0",
    )
    assert (temperature(given, 0).observed, temperature(given, 1).observed) == observed
    listed = given.device[0]
    known = {str(row.path): row.observed for row in Rows(listed.rows, given.rows, listed.model_rows).configured()}
    assert known["/3303/1/5700"] == observed[1]


def test_below_the_model_oma_s_registry_counts() -> None:
    given = config(model="v/plain")
    listed = given.device[0]
    rows = Rows(listed.rows, given.rows, listed.model_rows)
    assert temperature(given, 0).observed == "air_temperature"
    (level,) = rows.of(Path(33000, 0))
    assert (level.number(1.5, None), level.setting(2.0)) == (1.5, (2.0, 2.0))
    assert rows.configured() == [level]


@pytest.mark.parametrize(
    ("keys", "at", "message"),
    [
        ({"model": "v/probe"}, "firmware", "firmware is not given; documented: from 1 before 2, from 3"),
        ({"model": "v/probe", "firmware": "2.5"}, "firmware", "firmware 2.5 is not documented"),
        ({"model": "v/wired"}, "model", "expected one of v/plain, v/probe"),
        ({"firmware": "1"}, "firmware", "goes with model"),
    ],
)
def test_what_is_wrong_is_told_at_its_key(keys: dict[str, str], at: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        config(**keys)
    (error,) = caught.value.errors()
    assert error["loc"][-1] == at
    assert message in error["msg"]


async def test_a_device_of_a_model_is_understood_and_says_how_its_model_was_found() -> None:
    link = Lwm2mLink(config(model="v/probe", firmware="2.5", unlisted_firmware="nearest"), SystemClock())
    values = {"/3303/0/5700": 214.0, "/3303/0/5601": 5.0, "/3303/1/5700": 7.5, "/3/0/9": 88}
    async with served(link, values, "b=U") as (_, intake):
        (device,) = link.status().devices
    assert dict(told(intake)) == {
        f"{SOURCE}/water_temperature": 21.4,
        f"{SOURCE}/soil_temperature": 7.5,
        f"{SOURCE}/water_level": 0.05,
        f"{SOURCE}/battery_level": 88.0,
    }
    assert device.notes[0] == "v/probe: firmware 2.5 is not documented; rows of firmware from 1 before 2 are used"
