import argparse

import pytest

from protocols.vocabulary import ConfigError, ManualClock
from simulators.config import load
from simulators.document import Wiring, island_toml
from simulators.environment.world import ANCHOR_MS
from simulators.faults.patients import patients
from simulators.island import Island
from simulators.layout import layout
from simulators.scenarios import HOUR_MS, SCENARIOS, described
from yingzhou import island, up

LINES = {"modbus-tcp": (0,), "modbus-rtu-tcp": (0,), "meter-tcp": (0,)}
WIRING = Wiring(lines=LINES, hj212_port=7000, sl651_port=7001, coap_port=5683, lwm2m_port=5783)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "island.toml"
    path.write_text(island_toml(layout(40, 1), WIRING), encoding="utf-8")
    return load(path)


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_changes_the_world_or_a_device_or_a_line(config, name):
    found = Island(config.model_copy(update={"scenario": name}), ManualClock())
    scenario = SCENARIOS[name]
    assert bool(found.world.events) + bool(found._faults) + (scenario.cut is not None) == 1
    assert all(event.start_ms == ANCHOR_MS for event in found.world.events)
    assert scenario.summary in described()


def test_without_scenario_nothing_happens(config):
    found = Island(config, ManualClock())
    assert not found.world.events
    assert not found._faults


def test_a_dead_cabinet_silences_all_lamps_for_four_hours(config):
    known = patients(config)
    faults = dict(SCENARIOS["cabinet-outage"].faults(known, ANCHOR_MS))
    assert faults.keys() == {plan.device for plan in layout(40, 1) if plan.kind == "streetlight"}
    on = [next(iter(faults.values())).schedule.at(ANCHOR_MS + hour * HOUR_MS) is not None for hour in range(7)]
    assert on == [False, True, True, True, True, False, False]


def test_a_sensor_dies_by_degrees(config):
    found = list(SCENARIOS["dying-sensor"].faults(patients(config), ANCHOR_MS))
    assert len({device for device, _ in found}) == 1
    assert {fault.kind for _, fault in found} == {"noise", "spike", "drift", "stuck", "silence"}
    late = [fault.kind for _, fault in found if fault.schedule.at(ANCHOR_MS + 100 * HOUR_MS)]
    assert late == ["silence"]


def test_an_unknown_name_is_told_with_those_there_are(tmp_path, config, capsys):
    path = tmp_path / "other.toml"
    path.write_text('scenario = "tsunami"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"other.toml:1: scenario: .*expected one of typhoon, spill"):
        load(path)
    parser = argparse.ArgumentParser()
    up.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--scenario", "tsunami"])
    assert "no scenario 'tsunami': expected one of typhoon, spill" in capsys.readouterr().err
    with pytest.raises(ConfigError, match="no scenario 'tsunami'"):
        island.run(argparse.Namespace(config=tmp_path / "island.toml", scenario="tsunami", verbose=False))
