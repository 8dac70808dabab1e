from collections.abc import Iterator
from pathlib import Path

import cbor2
import pytest

from cloud.geo.towns import Place
from cloud.ingest.doors.readers import SenmlReader
from cloud.ingest.parcel import Parcel, Prepared, Runs, Source
from cloud.registry import gateways, neurons
from cloud.registry.database import Database
from cloud.registry.datastreams import Series
from cloud.registry.directory import Directory
from cloud.registry.neurons import Neuron
from cloud.registry.selection import Site
from protocols.vocabulary import HardwareId, ManualClock, ProtocolError
from tests.cloud.registry.place import registry_url

NOW = 1_795_000_000_000
HOUR = 3_600_000
KNOWN, UNKNOWN = "serial:KNOWN/water_level", "serial:UNKNOWN/water_level"


class Door:
    """The reader over a real registry with one neuron, ``serial:KNOWN``, of gateway ``gw-1``."""

    def __init__(self, database: Database) -> None:
        self.clock = ManualClock(NOW)
        self.reader = SenmlReader(Directory(database), self.clock)
        with database.begin() as tx:
            gateways.add(tx, "gw-1", "", 1)
            place, hardware = Site(Place("310151101")), (HardwareId("serial", "KNOWN"),)
            neurons.add(tx, Neuron("", "water_level", "", "gw-1", place, {}, hardware), [Series("water_level", "m")], 1)

    def take(
        self, payload: bytes, arrived_ms: int | None = None, *, retained: bool = False
    ) -> tuple[Runs | None, Prepared]:
        into = Prepared()
        parcel = Parcel(Source.SENML, "gw-1", "yz/v1/gw-1/senml", payload, lambda: None, arrived_ms, retained)
        return self.reader.read(parcel, into), into


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with Database(registry_url(tmp_path)) as database:
        yield Door(database)


def times(runs: Runs | None) -> list[int]:
    assert runs is not None
    times: list[int] = runs.columns.time.tolist()
    return times


def test_a_reading_without_a_time_is_of_its_arrival(door: Door) -> None:
    pack = b'[{"n": "%s", "v": 1}]' % KNOWN.encode()
    assert times(door.take(pack)[0]) == [NOW]
    assert times(door.take(pack, NOW - HOUR)[0]) == [NOW - HOUR], "out of quarantine"


def test_a_relative_time_counts_from_the_arrival(door: Door) -> None:
    pack = b'[{"n": "%s", "t": -60, "v": 1}]' % KNOWN.encode()
    assert times(door.take(pack, NOW - HOUR)[0]) == [NOW - HOUR - 60_000]


def test_what_is_refused_again_keeps_its_arrival(door: Door) -> None:
    pack = b'[{"n": "%s", "v": 1}]' % UNKNOWN.encode()
    [first] = door.take(pack)[1].suspects
    [again] = door.take(pack, first.received_ms)[1].suspects
    assert (again.received_ms, again.dedupe) == (first.received_ms, first.dedupe)


def test_the_same_bytes_are_one_suspect_only_with_a_time_of_their_own(door: Door) -> None:
    for pack, different in (
        (b'[{"n": "%s", "v": 1}]', True),
        (b'[{"n": "%s", "t": -60, "v": 1}]', True),
        (b'[{"n": "%s", "t": 1795000000, "v": 1}]', False),
    ):
        dedupes = set()
        for arrived_ms in (NOW - 2000, NOW - 1000):
            [suspect] = door.take(pack % UNKNOWN.encode(), arrived_ms)[1].suspects
            dedupes.add(suspect.dedupe)
        assert (len(dedupes) == 2) is different, pack


@pytest.mark.parametrize("time", [b"", b'"t": -60, '])
def test_a_retained_copy_without_a_time_is_no_reading(door: Door, time: bytes) -> None:
    for name in (KNOWN, UNKNOWN):
        runs, into = door.take(b'[{"n": "%s", %s"v": 1}]' % (name.encode(), time), retained=True)
        assert (runs, into.suspects) == (None, [])
    assert door.reader.ignored["retained_without_time"] == 2


def test_a_retained_copy_with_a_time_is_the_reading_that_it_was(door: Door) -> None:
    pack = b'[{"n": "%s", "t": 1794000000, "v": 1}]' % KNOWN.encode()
    assert times(door.take(pack, retained=True)[0]) == [1_794_000_000_000]


@pytest.mark.parametrize("payload", [b"", b" ", b"{", b"hello", b'{"n": "x", "v": 1}', b'"text"', b"\x00"])
def test_what_begins_as_text_is_judged_as_json(door: Door, payload: bytes) -> None:
    with pytest.raises(ProtocolError, match="SenML"):
        door.take(payload)


def test_both_encodings_are_told_apart_by_their_first_byte(door: Door) -> None:
    pack = cbor2.dumps([{0: KNOWN, 2: 1, 6: 1_795_000_000}] * 1 + [{0: UNKNOWN, 2: index} for index in range(40)])
    assert pack[0] == 0x98, "an array of 41"
    runs, into = door.take(pack)
    assert times(runs) == [NOW]
    assert [suspect.reason for suspect in into.suspects] == ["unknown_neuron"]
    assert times(door.take(b'\n\t [{"n": "%s", "v": 1}]' % KNOWN.encode())[0]) == [NOW]
