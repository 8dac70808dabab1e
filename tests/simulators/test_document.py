from dataclasses import replace

import pytest

from protocols.vocabulary import HardwareId
from simulators.config import load
from simulators.document import Wiring, island_toml
from simulators.layout import layout

LINES = {"modbus-tcp": (5020, 5021), "modbus-rtu-tcp": (5030, 5031, 5032, 5033), "meter-tcp": (5040, 5041)}
WIRING = Wiring(lines=LINES, hj212_port=7000, sl651_port=7001, coap_port=5683, lwm2m_port=5783)


def _found(config):
    """Device -> hardware, location, form, line and place on it."""
    found = {}
    for lines in (config.modbus, config.modbus_line):
        for index, line in enumerate(lines):
            for unit in line.unit:
                found[unit.name] = (HardwareId.parse(unit.hardware), unit.location, unit.kind, index, unit.unit)
    for index, line in enumerate(config.meter_line):
        for place, meter in enumerate(line.meter, 1):
            found[meter.name] = (HardwareId("meter", meter.address), meter.location, meter.kind, index, place)
    for lamp in config.lwm2m:
        assert lamp.port == 5783
        hardware = HardwareId.parse(lamp.endpoint.removeprefix("urn:"))
        found[lamp.name] = (hardware, lamp.location, "lamp", None, None)
    for station in config.hj212:
        assert station.port == 7000
        found[station.name] = (HardwareId("mn", station.mn), station.location, station.kind, None, None)
    for station in config.sl651:
        assert station.port == 7001
        found[station.name] = (HardwareId("sl651", station.station), station.location, station.kind, None, None)
    for node in config.coap:
        assert node.port == 5683
        found[node.name] = (HardwareId.parse(node.hardware), node.location, "", None, None)
    return found


def test_what_is_written_down_is_what_was_laid_out(tmp_path):
    plans = layout(760, 3)
    path = tmp_path / "island.toml"
    path.write_text(island_toml(plans, WIRING, seed=3, speed=10, truth=tmp_path / "t.jsonl"), encoding="utf-8")
    config = load(path)
    assert (config.seed, config.speed, config.truth) == (3, 10.0, tmp_path / "t.jsonl")
    for wire, lines in (("modbus-tcp", config.modbus), ("modbus-rtu-tcp", config.modbus_line)):
        assert tuple(line.port for line in lines) == LINES[wire]
    assert tuple(line.port for line in config.meter_line) == LINES["meter-tcp"]
    assert _found(config) == {
        plan.device: (plan.hardware, (plan.longitude, plan.latitude), plan.form, plan.server, plan.unit)
        for plan in plans
    }
    assert {node.name: node.observed for node in config.coap} == {
        plan.device: plan.observed for plan in plans if plan.wire == "coap"
    }


def test_too_few_ports_are_an_error():
    with pytest.raises(ValueError, match="2 lines of modbus-tcp, 1 ports"):
        island_toml(layout(760, 3), replace(WIRING, lines=LINES | {"modbus-tcp": (5020,)}))
