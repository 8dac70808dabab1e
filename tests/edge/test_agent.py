"""The agent as a whole, without a cloud: who owns a spool, what it tells of itself, how it ends."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from edge.agent import Agent
from edge.config import load
from edge.metrics import AgentCollector
from edge.remote.keeper import Restart
from edge.remote.store import ConfigStore
from protocols.uplink import Configuration, Kind, Signed
from protocols.vocabulary import Batch, ConfigError, Point, Quality, Reading, SystemClock
from tests.edge.links.running import until
from tests.edge.rules.fakes import FakeActuators

CHECKED = """
[[report]]
observed = "water_level"
deadband = 0.5
[[rule]]
name = "high water"
source = "serial:1"
observed = "water_level"
comparison = "gt"
levels = [{ limit = 3.0 }]
action = [{ target = "serial:G/gate_opening", raised = 1.5 }]
[[link]]
kind = "hj212-tcp"
name = "stations"
port = 0
host = "127.0.0.1"
device = [{ mn = "A1", neuron = "serial:1", checks = [{ observed = "water_level", user_max = 3.6 }] }]
"""


def agent(folder: Path, gateway: str = "gw-1", more: str = "", actuators: FakeActuators | None = None) -> Agent:
    for name, text in (("password", "p"), ("hmac_key", "00" * 32)):
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text)
    config = folder / "gateway.toml"
    config.write_text(
        f'[gateway]\nid = "{gateway}"\ndata = "{folder}"\n[uplink]\nurl = "mqtt://127.0.0.1:1"\nusername = "u"\n'
        f'password_file = "{folder}/password"\nhmac_key_file = "{folder}/hmac_key"\n{more}'
    )
    return Agent(load(config), SystemClock(), actuators)


async def test_it_ends_when_asked_and_leaves_its_status(tmp_path: Path) -> None:
    one = agent(tmp_path)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(one.run())
        async with asyncio.timeout(10):
            while not (tmp_path / "status.json").exists():
                await asyncio.sleep(0.01)
        running.cancel()
    status = json.loads((tmp_path / "status.json").read_text())
    assert (status["gateway"], status["epoch"], status["taken"]) == ("gw-1", one.spool.epoch, 0)
    assert not status["uplink"]["connected"]


async def test_a_configuration_that_takes_the_working_links_away_says_so(tmp_path: Path) -> None:
    """It is allowed; the result and the log name them. A link that never worked is not missed."""
    link = '[[link]]\nkind = "hj212-tcp"\nname = "{}"\nport = 0\nhost = "{}"\n'
    agent(tmp_path, more=link.format("stations", "127.0.0.1") + link.format("nowhere", "192.0.2.1"))
    one = Agent(load(tmp_path / "gateway.toml"), SystemClock(), path=tmp_path / "gateway.toml")
    assert one.keeper is not None
    message = Configuration("cfg-00000001", 1, 0, "").body()
    with pytest.RaisesGroup(Restart, flatten_subgroups=True):
        async with asyncio.TaskGroup() as group, asyncio.timeout(30):
            group.create_task(one.run())
            await until(lambda: one.status() and any(link.up for link in one.links_seen))
            one.keeper.hear(Signed(Kind.CONFIGURATION, "gw-1", message).encode(bytes(32)))
            await asyncio.Event().wait()
    store = ConfigStore(tmp_path / "config")
    store.load()
    assert store.standing.trial is not None
    assert store.standing.trial.warning == (
        "warning: none of the links that work now is in it: stations go, and no link is left"
    )


async def test_a_spool_of_another_gateway_is_refused(tmp_path: Path) -> None:
    async with asyncio.TaskGroup() as group:
        running = group.create_task(agent(tmp_path).run())
        async with asyncio.timeout(10):
            while not (tmp_path / "status.json").exists():
                await asyncio.sleep(0.01)
        running.cancel()
    with pytest.raises(ConfigError, match=r"gateway\.id: 'gw-2': the spool .* belongs to 'gw-1'"):
        await agent(tmp_path, "gw-2").run()


def test_a_key_that_is_no_hexadecimal_is_named(tmp_path: Path) -> None:
    agent(tmp_path)
    (tmp_path / "hmac_key").write_text("not hexadecimal")
    with pytest.raises(ConfigError, match="hmac_key: expected the key in hexadecimal"):
        Agent(load(tmp_path / "gateway.toml"), SystemClock())


async def test_readings_pass_checks_rules_and_report_on_their_way_to_the_spool(tmp_path: Path) -> None:
    actuators = FakeActuators()
    one = agent(tmp_path, more=CHECKED, actuators=actuators)
    handed_on: list[Batch] = []
    put = one.gatherer.put
    one.gatherer.put = lambda batch: handed_on.append(batch) or put(batch)  # type: ignore[method-assign]
    level, now = Point("serial:1", "water_level"), SystemClock().now_ms() - 60_000
    async with asyncio.TaskGroup() as group:
        running = group.create_task(one.run())
        taken = [
            one._intake.put(Batch.of([Reading(level, now + at, value)]))
            for at, value in ((0, 3.1), (1, 3.2), (2, 3.65), (3, 500.0))
        ]
        await asyncio.wait_for(asyncio.wait(taken), 10)
        await until(lambda: actuators.state)
        status, metrics = one.status(), generate_latest(AgentCollector(one).registry()).decode()
        running.cancel()
    assert all(future.exception() is None for future in taken)
    assert [(r.value, r.quality) for batch in handed_on for r in batch.readings()] == [
        (3.1, Quality.PASS),
        (3.65, Quality.SUSPECT),
        (500.0, Quality.FAIL),
    ]
    assert actuators.state == {"serial:G/gate_opening": 1.5}
    assert (status["taken"], status["events"]["taken"]) == (3, 1)
    assert status["quality"]["reasons"] == {"gross_range": 2, "unit": 1}
    assert status["report_by_exception"] == {"points": 1, "sent": 3, "held": 1}
    assert status["rules"]["active"] == {"high water": 1}
    assert status["links"][0]["devices"][0]["notes"] == ["checks: gross_range 2, unit 1"]
    for line in (
        'yz_edge_quality_readings_total{quality="fail"} 1.0',
        'yz_edge_quality_reasons_total{reason="gross_range"} 2.0',
        'yz_edge_report_total{outcome="held"} 1.0',
        "yz_edge_alarms_active 1.0",
        "yz_edge_alarm_events_total 1.0",
        "yz_edge_actions_applied_total 1.0",
    ):
        assert line in metrics.splitlines()


def test_what_is_not_configured_is_not_on_the_way(tmp_path: Path) -> None:
    one = agent(tmp_path, more="[quality]\nenabled = false\n")
    assert one._intake is one.gatherer
    assert {one.status()[part] for part in ("quality", "report_by_exception", "rules")} == {None}


def test_actions_need_somebody_who_carries_them_out(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rule 'high water': this agent has nothing"):
        agent(tmp_path, more=CHECKED)


def test_a_gateway_without_lamps_does_not_load_the_sun() -> None:
    program = "import sys, edge.agent; print('astral' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
