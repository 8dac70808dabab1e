from pathlib import Path

import pytest

from cloud.geo.towns import Place
from cloud.ingest.line_writer import LineWriter
from cloud.registry import neurons
from cloud.registry.database import Database
from cloud.registry.datastreams import Series
from cloud.registry.directory import Directory
from cloud.registry.neurons import Neuron
from cloud.registry.selection import Site
from cloud.store.duckdb_store import DuckDBStore
from cloud.store.port import Columns, CommitReport
from protocols.vocabulary import HardwareId, ManualClock
from tests.cloud.registry.place import registry_url

NOW = 1_767_225_600_000


class Bench:
    """A writer over a real registry and a real store."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(registry_url(folder))
        self.store = DuckDBStore(folder / "readings.duckdb")
        self.writer = LineWriter(Directory(self.database), self.commit, ManualClock(NOW), future_ms=60_000)

    def commit(self, columns: Columns) -> CommitReport:
        return self.store.commit(Columns.empty(), columns, (), NOW)

    def neuron(self, *hardware: HardwareId, town: str = "310151101") -> str:
        with self.database.begin() as tx:
            new = Neuron("", "water_quality", "", None, Site(Place(town)), {}, hardware)
            return neurons.add(tx, new, [Series("ph", "[pH]"), Series("orp", "mV", "2")], 1).id

    def stored(self) -> list[tuple[int, int, float]]:
        found = self.store.raw(range(1, 20), 0, 2**62, limit=100)
        return list(zip(found.datastream.tolist(), found.time.tolist(), found.value.tolist(), strict=True))


@pytest.fixture
def bench(tmp_path: Path):
    bench = Bench(tmp_path)
    bench.store.open()
    with bench.database:
        yield bench
    bench.store.close()


def test_three_ways_to_name_a_neuron(bench: Bench) -> None:
    neuron = bench.neuron(HardwareId("mn", "A1"))
    lines = "w,neuron={n} ph=7.1 1700000001000\n{n} orp/2=200i 1700000002000\nw,x=y,mn=A1 ph=7.3 1700000003000\n"
    body = lines.format(n=neuron)
    report = bench.writer.write(body.encode(), "ms")
    assert report == (3, 0, [])
    assert bench.stored() == [(1, 1_700_000_001_000, 7.1), (2, 1_700_000_002_000, 200.0), (1, 1_700_000_003_000, 7.3)]


def test_sent_twice_is_stored_once(bench: Bench) -> None:
    neuron = bench.neuron()
    body = f"{neuron} ph=7 1700000001000".encode()
    assert bench.writer.write(body, "ms") == (1, 0, [])
    assert bench.writer.write(body, "ms") == (0, 1, [])
    other = bench.writer.write(f"{neuron} ph=8 1700000001000".encode(), "ms")
    assert other.stored == 0
    assert "differ" in other.faults[0].message
    assert bench.stored() == [(1, 1_700_000_001_000, 7.0)]


def test_line_without_time_is_observed_now(bench: Bench) -> None:
    assert bench.writer.write(f"{bench.neuron()} ph=7".encode(), "ns").stored == 1
    assert bench.stored() == [(1, NOW, 7.0)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("water,neuron={n} ph=t 1700000001000", "a boolean is an event"),
        ('water,neuron={n} ph="7" 1700000001000', "a string is an event"),
        ("water,neuron={n} salinity=1 1700000001000", "no such datastream"),
        ("water,neuron={n} ph/2=1 1700000001000", "no such datastream"),
        ("water,neuron={n} PH=1 1700000001000", "no metric of that name"),
        ("water,neuron=nrn-00000000y ph=1 1700000001000", "no such neuron"),
        ("water,neuron=x ph=1 1700000001000", "hardware identity"),
        ("water,mn=B9 ph=1 1700000001000", "field 'ph': no such neuron"),
        ("water ph=1 1700000001000", "no neuron: expected"),
        ("water,neuron={n} ph=1 946684799999", "before 2000 or in the future"),
        ("water,neuron={n} ph=1 1767225", "is the precision right?"),
        ("water,neuron={n} ph=1 0", "before 2000 or in the future"),
        ("water,neuron={n} ph=1 1767225660001", "before 2000 or in the future"),
        ("water,mn=A1,serial=S2 ph=1 1700000001000", "no neuron: expected"),
    ],
)
def test_refused_line_is_named_and_its_neighbour_stored(bench: Bench, line: str, message: str) -> None:
    neuron = bench.neuron(HardwareId("mn", "A1"))
    bench.neuron(HardwareId("serial", "S2"))
    report = bench.writer.write(f"{neuron} ph=7 1700000001000\n{line.format(n=neuron)}".encode(), "ms")
    assert report.stored == 1
    (fault,) = report.faults
    assert fault.number == 2
    assert message in fault.message


def test_other_towns_neurons_do_not_exist(bench: Bench) -> None:
    neuron = bench.neuron(HardwareId("mn", "A1"))
    elsewhere = frozenset({"310151102"})
    unknown = bench.writer.write(b"nrn-00000000y ph=7 1700000001000", "ms", elsewhere)
    for observed in ("ph", "salinity"):
        refused = bench.writer.write(f"{neuron} {observed}=7 1700000001000".encode(), "ms", elsewhere)
        assert [fault.message.partition(": ")[2] for fault in refused.faults] == ["no such neuron"]
        assert unknown.faults[0].message.endswith("no such neuron")
    hidden = bench.writer.write(b"m,mn=A1 ph=7 1700000001000", "ms", elsewhere)
    assert hidden == bench.writer.write(b"m,mn=A2 ph=7 1700000001000", "ms", elsewhere)
    assert bench.writer.write(f"{neuron} ph=7 1700000001000".encode(), "ms", frozenset({"310151101"})).stored == 1


def test_bytes_that_are_no_text(bench: Bench) -> None:
    report = bench.writer.write(b"a f=1\nb f=\xff", "ms")
    assert report == (0, 0, [(2, "no UTF-8")])
