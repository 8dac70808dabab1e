"""When the broker is told that a Sparkplug message is safe, and what is left out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.ingest.doors.sparkplug import SparkplugReader
from cloud.ingest.parcel import Parcel, Prepared
from cloud.registry import neurons
from cloud.registry.database import Database
from cloud.registry.datastreams import Series
from cloud.registry.directory import Directory
from cloud.registry.neurons import Neuron
from cloud.registry.selection import Site
from protocols.sparkplug import DataType, Descriptor, EdgeNode, Published, Tag
from protocols.vocabulary import HardwareId, ManualClock, ProtocolError

NOW = 1_795_000_000_000
NODE = Descriptor("g", "e")


class Door:
    """A reader over a real registry, and what the broker was told."""

    def __init__(self, database: Database) -> None:
        self.clock = ManualClock(NOW)
        self.sent: list[Published] = []
        self.settled: list[str] = []
        self.reader = SparkplugReader(Directory(database), self.clock, "host", self.sent.append)
        with database.begin() as tx:
            new = Neuron("", "k", "", None, Site(), {}, (HardwareId("sparkplug", "g:e"),))
            neurons.add(tx, new, [Series("ph", "[pH]")], 1)

    def take(self, message: Published, name: str = "") -> tuple[list[float], Prepared]:
        parcel = self.reader.parcel(message, lambda: self.settled.append(name))
        return self.read(parcel)

    def read(self, parcel: Parcel) -> tuple[list[float], Prepared]:
        into = Prepared()
        runs = self.reader.read(parcel, into)
        into.parcels.append(parcel)
        return [] if runs is None else runs.columns.value.tolist(), into

    def commit(self, into: Prepared) -> None:
        for parcel in into.parcels:
            parcel.settle()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with Database(f"sqlite:///{tmp_path}/registry.sqlite") as database:
        yield Door(database)


def node(*tags: Tag) -> EdgeNode:
    return EdgeNode(NODE, tags or [Tag("pH", DataType.Double, 7.0)])


def test_what_waits_in_the_host_is_settled_when_it_was_committed(door: Door) -> None:
    edge = node()
    [birth] = edge.birth(NOW)
    first, second = edge.data({"pH": 7.1}, NOW + 1), edge.data({"pH": 7.2}, NOW + 2)
    values, into = door.take(birth, "birth")
    assert values == [7.0]
    door.commit(into)
    assert door.settled == ["birth"]
    values, into = door.take(second, "second")
    assert values == []
    door.commit(into)
    assert door.settled == ["birth"], "its reading is in memory only"
    values, into = door.take(first, "first")
    assert values == [7.1, 7.2]
    assert door.settled == ["birth"]
    door.commit(into)
    assert sorted(door.settled) == ["birth", "first", "second"]


def test_a_gap_is_given_up_after_a_while_and_births_are_asked_for(door: Door) -> None:
    edge = node()
    door.commit(door.take(edge.birth(NOW)[0], "birth")[1])
    edge.data({"pH": 7.1}, NOW + 1)  # lost
    door.commit(door.take(edge.data({"pH": 7.2}, NOW + 2), "data")[1])
    door.clock.advance(6)
    values, into = door.read(door.reader.tick())
    assert values == [7.2]
    door.commit(into)
    assert door.settled == ["birth", "data"]
    assert [one.topic for one in door.sent] == ["spBv1.0/g/NCMD/e"]


def test_a_malformed_one_is_settled_with_its_quarantine(door: Door) -> None:
    parcel = door.reader.parcel(Published("spBv1.0/g/NDATA/e", b"\xff", NOW), lambda: door.settled.append("bad"))
    into = Prepared()
    with pytest.raises(ProtocolError):
        door.reader.read(parcel, into)
    assert door.settled == []
    door.commit(into)
    assert door.settled == ["bad"]


def test_who_was_heard_before_is_asked_again_after_a_lost_connection(door: Door) -> None:
    door.take(node().birth(NOW)[0])
    door.clock.advance(60)
    door.read(door.reader.tick(reconnected=True))
    assert [one.topic for one in door.sent] == ["spBv1.0/g/NCMD/e"]


def test_what_is_no_reading_is_left_out(door: Door) -> None:
    tags = [
        Tag("pH", DataType.Double, None),
        Tag("name", DataType.String, "x"),
        Tag("n", DataType.Double, float("inf")),
        Tag("on", DataType.Boolean, True),
    ]
    edge = node(*tags)
    values, into = door.take(edge.birth(NOW)[0])
    assert str(values) == "[nan]", "a missing reading"
    [suspect] = into.suspects
    assert suspect.find is not None
    assert [(seen.name, seen.value) for seen in suspect.find.names] == [("n", None), ("on", 1.0)]
    assert door.reader.ignored["not_a_number"] == 1
    late = edge.data({"pH": 7.0}, 2**63)
    assert door.take(late)[0] == []
    assert door.reader.ignored["time"] == 1
