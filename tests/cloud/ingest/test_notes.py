import asyncio
import struct

import numpy as np
import pytest

from cloud.broker.line import Inbound
from cloud.ingest import notes
from cloud.ingest.latest import Latest
from cloud.ingest.notes import Note, NoteReader, NoteWriter, decode, encode
from cloud.store.port import Columns
from protocols.vocabulary import ManualClock, ProtocolError
from tests.cloud.alarms.readings import columns


class Broker:
    """Keeps what it is given until somebody listens; does as if it had not heard every second message."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()
        self.connects = 0
        self.kept: list[bytes] = []
        self.held: list[bool] = []
        self.settled = 0
        self.asked = 0

    async def deliver(self, topic: str, payload: bytes) -> bool:
        self.asked += 1
        self.kept.append(payload)
        return self.asked % 2 == 0

    async def run(self) -> None: ...

    def hold(self, *, back: bool) -> None:
        self.held.append(back)

    def _settle(self) -> None:
        self.settled += 1

    def give(self, reader: NoteReader) -> None:
        for payload in self.kept:
            reader.receive(Inbound(notes.TOPIC, payload, False, self._settle))
        self.kept.clear()


def same(one: Columns, other: Columns) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name), equal_nan=name == "value") for name in NAMES)


NAMES = ("datastream", "time", "value", "quality", "reasons")


def test_a_note_comes_back_as_it_was() -> None:
    some = columns((1, 1_800_000_000_000, 21.5), (70_000, 5, float("nan"), 9))
    note = decode(encode(Note(7, some)))
    assert note.written_ms == 7
    assert same(note.columns, some)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"yzn1",
        b"yzn2" + encode(Note(1, columns((1, 2, 3.0))))[4:],
        encode(Note(1, columns((1, 2, 3.0))))[:-3],
        struct.pack("<4sqI", b"yzn1", 1, notes.MAX_ROWS + 1) + encode(Note(1, columns((1, 2, 3.0))))[16:],
        struct.pack("<4sqI", b"yzn1", 1, 2) + encode(Note(1, columns((1, 2, 3.0))))[16:],
        struct.pack("<4sqI", b"yzn1", 1, 3) + b"not packed",
    ],
)
def test_what_is_no_note_is_refused(junk: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(junk)


async def test_told_until_the_broker_has_it_and_taken_in_the_order_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MAX_ROWS", 2)
    clock, broker, latest, taken = ManualClock(1000), Broker(), Latest(), list[Columns]()
    writer = NoteWriter(broker.deliver, clock)

    def take(some: Columns) -> None:
        latest.take(some)
        taken.append(some)

    reader = NoteReader(broker, latest, take, clock)
    done: list[int] = []
    written = False
    async with asyncio.TaskGroup() as group:
        telling = group.create_task(writer.tell(columns((1, 20, 2.0), (2, 20, 2.0), (1, 10, 1.0))))
        while not telling.done():
            clock.advance(1)
            await asyncio.sleep(0)
        assert (writer.written, broker.asked) == (2, 4)
        running = group.create_task(reader.run(lambda: written, lambda: done.append(len(taken))))
        broker.connected.set()
        broker.give(reader)
        broker.give(reader)
        reader.receive(Inbound(notes.TOPIC, b"junk", False, broker._settle))
        assert broker.settled == 1
        for _ in range(40):
            clock.advance(1)
            await asyncio.sleep(0)
        assert [len(one) for one in taken] == [6]
        assert done == [1]
        assert broker.settled == 1, "nothing is settled before it is written down"
        written = True
        while broker.settled < 5:
            clock.advance(1)
            await asyncio.sleep(0)
        assert same(reader.snapshot(np.array([1, 2], np.int32)), columns((1, 20, 2.0), (2, 20, 2.0)))
        running.cancel()


async def test_alarms_see_no_latest_before_all_that_waited_is_taken() -> None:
    clock, broker, latest = ManualClock(1000), Broker(), Latest()
    latest.take(columns((1, 20, 2.0)))
    reader = NoteReader(broker, latest, latest.take, clock)
    everything = np.array([1], np.int32)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(reader.run(lambda: True, lambda: None))
        for _ in range(5):
            clock.advance(10)
            await asyncio.sleep(0)
        assert len(reader.snapshot(everything)) == 0
        broker.connected.set()
        while not len(reader.snapshot(everything)):
            clock.advance(1)
            await asyncio.sleep(0)
        running.cancel()


async def test_too_many_rows_hold_the_broker_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MOST_ROWS", 3)
    clock, broker, latest = ManualClock(1000), Broker(), Latest()
    reader = NoteReader(broker, latest, latest.take, clock)
    broker.kept = [encode(Note(1, columns((1, 10, 1.0), (2, 10, 1.0))))] * 2
    async with asyncio.TaskGroup() as group:
        running = group.create_task(reader.run(lambda: True, lambda: None))
        broker.connected.set()
        broker.give(reader)
        assert broker.held == [True]
        while broker.settled < 2:
            clock.advance(1)
            await asyncio.sleep(0)
        assert broker.held == [True, False]
        running.cancel()
