"""Configurations from afar: refused, tried, proved, rolled back; with a clock that is turned by hand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge.remote import keeper as keeper_module
from edge.remote.keeper import LOOK_S, SETTLE_S, TRIAL_S, Keeper, Restart
from edge.remote.store import ConfigStore
from protocols.uplink import Configuration, Kind, Result, Signed
from protocols.vocabulary import ConfigError, ManualClock
from tests.edge.commands.bench import KEY, NOW, Notebook
from tests.edge.links.running import until
from tests.edge.spool.disk import FailingDisk


def one(version: int, toml: str = "") -> Configuration:
    return Configuration(f"cfg-{version:08d}", version, NOW, toml)


class Desk:
    """One run of an agent, as far as its configuration goes."""

    def __init__(self, folder: Path, files: FailingDisk | None = None) -> None:
        self.clock = ManualClock(NOW)
        self.notes = Notebook()
        self.said: list[Result] = []
        self.connected = True
        self.restarted = False
        self.store = ConfigStore(folder, files)
        self.store.load()
        self.store.begin()
        self.keeper = Keeper(
            "gw-1",
            KEY,
            self.store,
            check=self._check,
            notes=self.notes,
            clock=self.clock,
            connected=lambda: self.connected,
            say=lambda data: self.said.append(Result.of(Signed.of_gateway(data, Kind.RESULT, "gw-1", [KEY]).body)),
        )

    def _check(self, toml: str, version: int) -> str:
        if toml == "wrong":
            raise ConfigError(f"config-{version}.toml:1: no TOML")
        return "warning: cabinet goes" if toml == "# no link" else ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Desk"]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._run())
            await asyncio.sleep(0)
            yield self
            task.cancel()

    async def _run(self) -> None:
        try:
            await self.keeper.run()
        except Restart:
            self.restarted = True

    def send(self, configuration: Configuration, key: bytes = KEY, gateway: str = "gw-1") -> None:
        self.keeper.hear(Signed(Kind.CONFIGURATION, gateway, configuration.body()).encode(key))

    async def pass_by(self, seconds: float) -> None:
        for _ in range(round(seconds / LOOK_S)):
            await until(lambda: self.clock._sleepers or self.restarted or self.store.standing.trial is None)
            self.clock.advance(LOOK_S)
            await asyncio.sleep(0)

    @property
    def states(self) -> list[tuple[int, str]]:
        return [(result.version, result.state) for result in self.said]

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.notes.events]


async def test_one_that_is_right_is_tried_and_proves_itself(tmp_path: Path) -> None:
    first = Desk(tmp_path)
    async with first.running():
        first.send(one(1))
        await until(lambda: first.restarted)
    assert (first.states, first.kinds) == ([(1, "trying")], [])
    second = Desk(tmp_path)
    assert second.keeper.status() == {"version": 1, "on_trial": True, "damaged": False, "untrusted": 0}
    async with second.running():
        second.connected = False
        await second.pass_by(60)
        second.connected = True
        await second.pass_by(SETTLE_S - 2)
        second.connected = False  # a break begins the time anew
        await second.pass_by(2)
        second.connected = True
        await second.pass_by(SETTLE_S - 2)
        second.send(one(1))  # the cloud asks how it goes
        await until(lambda: second.said)
        assert second.states == [(1, "trying")]
        await second.pass_by(3)
        await until(lambda: len(second.said) == 2)
        assert not second.restarted
        second.send(one(1))
        await until(lambda: len(second.said) == 3)
    assert second.states == [(1, "trying"), (1, "applied"), (1, "applied")]
    assert second.kinds == ["config.applied"]
    assert second.notes.events[0].source == "gw-1"
    assert Desk(tmp_path).keeper.status()["on_trial"] is False


async def test_a_warning_goes_with_every_result_and_into_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = Desk(tmp_path)
    async with first.running():
        first.send(one(1, "# no link"))
        await until(lambda: first.restarted)
    assert "configuration 1: warning: cabinet goes" in caplog.text
    second = Desk(tmp_path)
    async with second.running():
        second.send(one(1, "# no link"))
        await until(lambda: second.said)
        await second.pass_by(SETTLE_S + 1)
        await until(lambda: len(second.said) == 2)
    assert [(told.state, told.reason) for told in (*first.said, *second.said)] == [
        ("trying", "warning: cabinet goes"),
        ("trying", "warning: cabinet goes"),
        ("applied", "warning: cabinet goes"),
    ]
    assert second.notes.events[0].data["reason"] == "warning: cabinet goes"


async def test_one_that_does_not_reach_the_cloud_is_rolled_back(tmp_path: Path) -> None:
    store = ConfigStore(tmp_path)
    store.adopt(one(1), NOW)
    store.confirm(NOW)
    store.told("cfg-00000001")
    store.adopt(one(2), NOW)
    trial = Desk(tmp_path)
    trial.connected = False
    async with trial.running():
        await trial.pass_by(TRIAL_S - 1)
        assert not trial.restarted
        await trial.pass_by(2)
        await until(lambda: trial.restarted)
    after = Desk(tmp_path)
    async with after.running():
        await until(lambda: after.said)
        after.send(one(2))
        await until(lambda: len(after.said) == 2)
    assert after.states == [(2, "rolled_back")] * 2
    assert "was not reached" in after.said[0].reason
    assert after.kinds == ["config.rolled_back"]
    assert after.notes.events[0].data["version"] == 2
    assert after.keeper.status()["version"] == 1
    quiet = Desk(tmp_path)
    async with quiet.running():
        await asyncio.sleep(0.05)
    assert not quiet.notes.events, "told once"


async def test_what_is_wrong_or_old_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.running():
        desk.send(one(5, "wrong"))
        await until(lambda: len(desk.said) == 1)
        desk.send(one(5, "wrong"))
        await until(lambda: len(desk.said) == 2)
        desk.send(Configuration("cfg-another0", 5, NOW, ""))
        await until(lambda: len(desk.said) == 3)
    assert desk.states == [(5, "refused")] * 3
    assert [one.reason for one in desk.said][1:] == [
        "config-5.toml:1: no TOML",
        "version 5: expected more than 5",
    ]
    assert desk.kinds == ["config.refused"] * 2
    assert not desk.restarted
    assert desk.keeper.status()["version"] is None


async def test_what_is_not_to_be_trusted_is_counted(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    async with desk.running():
        desk.send(one(1), b"another")
        desk.send(one(1), gateway="gw-2")
        desk.keeper.hear(b"\xff")
        desk.keeper.hear(Signed(Kind.RESULT, "gw-1", one(1).body()).encode(KEY))
        await asyncio.sleep(0.02)
    assert desk.keeper.untrusted == 4
    assert not desk.said
    assert not desk.restarted


async def test_a_disk_that_refuses_changes_nothing(tmp_path: Path) -> None:
    disk = FailingDisk()
    desk = Desk(tmp_path, disk)
    disk.errors["replace"] = (28, None)
    async with desk.running():
        desk.send(one(1))
        await until(lambda: "replace" in disk.calls)
        await asyncio.sleep(0.02)
        assert not desk.restarted
        assert not desk.said
        disk.errors.clear()
        desk.send(one(1))
        await until(lambda: desk.restarted)


async def test_what_came_to_an_end_before_there_was_a_clock_gets_the_time_of_telling(tmp_path: Path) -> None:
    store = ConfigStore(tmp_path)
    store.adopt(one(1), NOW)
    store.roll_back("started 3 times", None)
    desk = Desk(tmp_path)
    async with desk.running():
        await until(lambda: desk.said)
    assert desk.said[0].time == desk.notes.events[0].time == NOW


async def test_of_too_many_the_newest_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path)
    for version in range(10):
        desk.send(one(version, "wrong"))
    async with desk.running():
        await until(lambda: len(desk.said) == keeper_module.MAX_HEARD)
    assert [version for version, _ in desk.states] == [6, 7, 8, 9]
