"""The journal on a disk whose power is cut: nothing is done twice, whatever survives."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.commands import journal as journal_module
from edge.commands.journal import Journal
from protocols.uplink import Command, Item, Result
from tests.edge.commands.bench import LAMP, NOW, Cabinet, Lamps, command
from tests.edge.spool.disk import FailingDisk, PowerCut, PowerDisk

POINT = f"{LAMP}/lamp_level"
FOLDER = Path("/journal")


def ended(number: int, state: str = "applied") -> Result:
    return Result(f"cmd-{number:08d}", number, state, NOW, (Item("lamp_level", "applied", 40.0),))  # type: ignore[arg-type]


def opened(folder: Path, files: FailingDisk | PowerDisk | None = None) -> Journal:
    journal = Journal(folder, files)
    journal.load()
    return journal


def test_what_was_committed_is_known_after_a_restart(tmp_path: Path) -> None:
    first = opened(tmp_path)
    assert (first.newest(POINT), first.ended("cmd-00000001"), first.unfinished()) == (-1, None, [])
    first.commit([command(1), command(2)])
    first.commit([ended(1)])
    for journal in (first, opened(tmp_path)):
        assert journal.newest(POINT) == 2
        assert journal.ended("cmd-00000001") == ended(1)
        assert journal.unfinished() == [command(2)]
        assert journal.damaged == 0
    first.close()


def test_a_torn_tail_and_a_flipped_bit_cost_one_line(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.commit([command(number) for number in range(1, 6)])
    journal.close()
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    assert [len(opened(tmp_path).unfinished()), opened(tmp_path).damaged] == [4, 0]
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 4
    path.write_bytes(flipped)
    found = opened(tmp_path)
    assert (len(found.unfinished()), found.damaged, found.newest(POINT)) == (4, 1, 5)
    found.commit([ended(5)])
    assert len(list(tmp_path.iterdir())) == 1
    found.close()
    assert opened(tmp_path).damaged == 0, "it was written anew"


def test_it_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "_ROLL_BYTES", 20_000)
    monkeypatch.setattr(journal_module, "MAX_ENDED", 10)
    monkeypatch.setattr(journal_module, "MAX_POINTS", 50)
    journal = opened(tmp_path)
    for number in range(1, 1000):
        one = command(number, target=f"serial:{number % 70}")
        journal.commit([one])
        journal.commit([ended(number)])
    (path,) = tmp_path.iterdir()
    assert path.stat().st_size < 40_000
    journal.close()
    again = opened(tmp_path)
    assert again.ended("cmd-00000999") == ended(999)
    assert again.ended("cmd-00000900") is None
    assert again.newest(f"serial:{999 % 70}/lamp_level") == 999
    assert again.newest(f"serial:{1000 % 70}/lamp_level") == -1, "the longest untouched went"
    assert not again.unfinished()


@pytest.mark.parametrize("call", ["create", "append", "datasync"])
def test_what_the_disk_refused_does_not_count(tmp_path: Path, call: str) -> None:
    disk = FailingDisk()
    journal = opened(tmp_path, disk)
    if call != "create":
        journal.commit([command(1)])
    disk.errors[call] = (28, 1)
    with pytest.raises(OSError, match="No space"):
        journal.commit([command(2)])
    assert journal.newest(POINT) < 2
    journal.commit([command(3)])
    assert journal.newest(POINT) == 3
    journal.close()
    assert [one.id for one in opened(tmp_path).unfinished() if one.id != "cmd-00000001"] == ["cmd-00000003"]


class Blackout:
    """Runs of an agent between cuts of power; the lamps outlive them all."""

    def __init__(self, seed: int) -> None:
        self.lamps = Lamps()
        self.rng = Random(seed)
        self.disk = PowerDisk()

    async def run(self, sent: list[Command], steps: int) -> None:
        """Send until the power is cut after so many steps of the disk, or of a lamp."""
        cabinet = Cabinet(FOLDER, self.lamps, files=self.disk)
        self.disk.calls_left = steps
        self.lamps.fault = lambda point, value: self._maybe_cut()
        try:
            async with asyncio.timeout(5), cabinet.running():
                for one in sent:
                    cabinet.send(one)
                while cabinet.executor.waiting:
                    await asyncio.sleep(0.0005)
        except* PowerCut:
            pass
        self.disk = self.disk.after_the_cut(self.rng)

    def _maybe_cut(self) -> None:
        if self.rng.random() < 0.1:
            raise PowerCut


commands = st.builds(
    command,
    st.integers(1, 6),
    desired=st.sampled_from([{"lamp_level": 10.0}, {"lamp_level/2": 20.0}, {"lamp_level": 30.0, "lamp_level/2": 40.0}]),
)
runs = st.lists(st.tuples(st.lists(commands, min_size=1, max_size=4), st.integers(0, 25)), min_size=1, max_size=5)


@settings(deadline=None, max_examples=150)
@given(runs, st.integers(0, 2**32))
def test_whenever_the_power_is_cut_nothing_is_done_twice(history: list[tuple[list[Command], int]], seed: int) -> None:
    blackout = Blackout(seed)
    marked: dict[str, Command] = {}
    for sent, steps in history:
        # each command has values of its own, so that a lamp's diary says whose they were
        own = [marked.setdefault(one.id, _marked(one)) for one in sent]
        asyncio.run(blackout.run(own, steps))
    asyncio.run(blackout.run(list(marked.values()), 10**6))
    diary = blackout.lamps.writes
    assert len(diary) == len(set(diary)), "written twice"
    for point in {point for point, _ in diary}:
        versions = [value for written, value in diary if written == point]
        assert versions == sorted(versions), "an older wish after a newer one"


def _marked(one: Command) -> Command:
    return Command(one.id, one.target, one.version, one.issued, one.expires, dict.fromkeys(one.desired, one.version))
