import pytest

from protocols.vocabulary import HardwareId
from simulators.config import load
from simulators.document import Wiring, island_toml
from simulators.layout import layout

WIRING = Wiring(modbus_ports=(5020, 5021, 5022), hj212_port=7000, sl651_port=7001, coap_port=5683)


def test_what_is_written_down_is_what_was_laid_out(tmp_path):
    plans = layout(600, 3)
    path = tmp_path / "island.toml"
    path.write_text(island_toml(plans, WIRING, seed=3, speed=10, truth=tmp_path / "t.jsonl"), encoding="utf-8")
    config = load(path)
    assert (config.seed, config.speed, config.truth) == (3, 10.0, tmp_path / "t.jsonl")
    assert [port.port for port in config.modbus] == [5020, 5021, 5022]
    found = {}
    for index, port in enumerate(config.modbus):
        for unit in port.unit:
            found[unit.name] = (HardwareId.parse(unit.hardware), unit.location, unit.kind, index, unit.unit)
    for station in config.hj212:
        assert station.port == 7000
        found[station.name] = (HardwareId("mn", station.mn), station.location, station.kind, None, None)
    for station in config.sl651:
        assert station.port == 7001
        found[station.name] = (HardwareId("sl651", station.station), station.location, station.kind, None, None)
    for node in config.coap:
        assert node.port == 5683
        found[node.name] = (HardwareId.parse(node.hardware), node.location, "", None, None)
    assert found == {
        plan.device: (plan.hardware, (plan.longitude, plan.latitude), plan.form, plan.server, plan.unit)
        for plan in plans
    }
    assert {node.name: node.observed for node in config.coap} == {
        plan.device: plan.observed for plan in plans if plan.wire == "coap"
    }


def test_too_few_ports_are_an_error():
    with pytest.raises(ValueError, match="3 Modbus servers, 1 ports"):
        island_toml(layout(600, 3), Wiring(modbus_ports=(5020,), hj212_port=7000, sl651_port=7001, coap_port=5683))
