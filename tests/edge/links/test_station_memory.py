"""A gap over a restart of the agent is a gap like any other."""

import json
from collections import Counter

import pytest

from edge.links.history import History
from edge.links.registry import link_for
from edge.links.station_memory import SAVE_S, StationMemory
from protocols.vocabulary import ManualClock
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running, until
from tests.edge.links.sl651_calls import tcp_link, udp_link
from tests.edge.links.test_hj212_tcp import MN, link_of
from tests.edge.links.test_sl651_history import ASKS, DEVICE, START, kept, measured, stations
from tests.edge.links.wires import TcpWire, hours_pass

NOW = 1_767_225_600_000


def memory(path, clock, counters=None):
    history = History(86_400.0, 0.0, 1.0)
    kept_memory = StationMemory(lambda: [("a", history)], clock, counters if counters is not None else Counter())
    kept_memory.path = path
    return kept_memory, history


def test_what_was_written_is_known_again(tmp_path):
    clock = ManualClock()
    first, history = memory(tmp_path / "links" / "x.json", clock)
    history.watch("Z", 60_000)
    for minutes in (0, 1, 9):
        history.came("Z", NOW + minutes * 60_000, 1.0, NOW + minutes * 60_000)
    first.tick()
    assert not (tmp_path / "links").exists()
    clock.advance(SAVE_S)
    first.tick()
    second, again = memory(tmp_path / "links" / "x.json", clock)
    second.load()
    assert again.written() == history.written() != {}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "[" * 100_000, '{"a": 5}', '{"a": {"Z": 1}}', '{"a": {"Z": {"period_ms": 0}}}', "\0"],
)
def test_a_damaged_file_is_counted_and_no_reason_not_to_listen(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    counters = Counter()
    one, history = memory(tmp_path / "x.json", ManualClock(), counters)
    one.load()
    assert counters["memory_unreadable"] == (text != "[]")
    assert not history.series


def test_a_folder_that_cannot_be_written_is_counted(tmp_path):
    (tmp_path / "links").write_text("no folder")
    counters = Counter()
    one, history = memory(tmp_path / "links" / "x.json", ManualClock(), counters)
    history.watch("Z", 60_000)
    history.came("Z", NOW, 1.0, NOW)
    history.came("Z", NOW + 60_000, 1.0, NOW)
    one.save()
    assert counters == {"memory_not_written": 1}


def since_the_first(kept_values, measured_values):
    """Before the first report that arrived nobody knows of a series, so nobody misses anything."""
    return {time_ms: value for time_ms, value in measured_values.items() if time_ms >= min(kept_values)}


async def test_what_a_station_measured_while_the_agent_was_down_is_pulled(tmp_path):
    clock = ManualClock(START)
    intake = Recorder()
    link = tcp_link(clock, device=[DEVICE], **ASKS)
    link.remember(tmp_path / "links" / "hydro.json")
    async with running(link, intake):
        await until(lambda: link.port)
        async with TcpWire(link.port) as wire, stations(clock, wire.port, resends=False) as station:
            await until(lambda: station.connected)
            await hours_pass(clock, 0.5)
            wire.cut()
            await hours_pass(clock, 0.1)
            again = tcp_link(clock, device=[DEVICE], **ASKS)
            again.remember(tmp_path / "links" / "hydro.json")
            link._memory.save()
            await hours_pass(clock, 3)
            async with running(again, intake):
                await until(lambda: again.port)
                wire._target = again.port
                wire.mend()
                for _ in range(20):  # a busy machine takes more of the stations' hours
                    await hours_pass(clock, 1)
                    if kept(intake) == since_the_first(kept(intake), measured(station)):
                        break
                assert kept(intake) == since_the_first(kept(intake), measured(station))
                assert again.status().devices[0].dial_in.pulled > 60


def test_the_agent_gives_every_listener_a_file_of_its_own(tmp_path):
    configs = [tcp_link()._config, udp_link()._config, link_of(device=[{"mn": MN}]).config]
    links = [link_for(config, ManualClock(), tmp_path) for config in configs]
    assert [link._memory.path for link in links] == [tmp_path / f"{config.name}.json" for config in configs]


def test_the_file_is_plain_and_small(tmp_path):
    one, history = memory(tmp_path / "x.json", ManualClock())
    history.watch("Z", 60_000)
    for minutes in (0, 1, 9):
        history.came("Z", NOW + minutes * 60_000, 1.0, NOW + minutes * 60_000)
    one.save()
    gaps = [[NOW + 60_000, NOW + 540_000]]
    expected = {"a": {"Z": {"period_ms": 60_000, "newest_ms": NOW + 540_000, "gaps": gaps}}}
    assert json.loads((tmp_path / "x.json").read_text()) == expected
