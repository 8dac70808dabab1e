from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from cloud.geo.towns import Place
from cloud.registry import datastreams, gateways, neurons
from cloud.registry.database import Database
from cloud.registry.datastreams import Series
from cloud.registry.directory import Directory, Refusal
from cloud.registry.neurons import Neuron
from cloud.registry.selection import BoundingBox, Selection, Site
from protocols.vocabulary import HardwareId, Point
from tests.cloud.registry.place import registry_url

SERIES = (Series("water_temperature", "Cel"), Series("orp", "mV", "2"))


def register(database: Database, *hardware: HardwareId, gateway: str | None = "gw-1") -> Neuron:
    with database.begin() as tx:
        neuron = Neuron("", "water_quality", "", gateway, Site(Place("310151101")), {}, hardware)
        return neurons.add(tx, neuron, SERIES, 1)


def two_gateways(database: Database) -> None:
    with database.begin() as tx:
        gateways.add(tx, "gw-1", "", 1)
        gateways.add(tx, "gw-2", "", 1)


def test_resolves_by_neuron_and_by_hardware(database: Database) -> None:
    two_gateways(database)
    directory = Directory(database)
    neuron = register(database, HardwareId("mn", "A1"))
    with database.read() as tx:
        numbers = {s.point.series: s.number for s in datastreams.of_neurons(tx, [neuron.id])}
    assert directory.resolve("gw-1", Point(neuron.id, "water_temperature")) == numbers["water_temperature"]
    assert directory.resolve("gw-1", Point("mn:A1", "orp", "2")) == numbers["orp/2"]
    assert directory.resolve("gw-1", Point("mn:A1", "orp")) is Refusal.UNKNOWN_DATASTREAM
    assert directory.resolve("gw-2", Point("mn:A1", "orp", "2")) is Refusal.OTHER_GATEWAY
    assert directory.resolve("gw-1", Point("mn:A2", "orp", "2")) is Refusal.UNKNOWN_NEURON
    assert directory.resolve("gw-1", Point("nrn-000000000", "orp", "2")) is Refusal.UNKNOWN_NEURON
    located = directory.locate(Point("mn:A1", "orp", "2"))
    assert isinstance(located, datastreams.Datastream)
    assert (located.unit, located.site.place.town) == ("mV", "310151101")
    assert directory.describe(numbers["orp/2"]) == located
    assert directory.describe(99) is None


def test_neuron_without_gateway_is_refused_to_every_gateway(database: Database) -> None:
    directory = Directory(database)
    neuron = register(database, gateway=None)
    assert directory.resolve("gw-1", Point(neuron.id, "orp", "2")) is Refusal.OTHER_GATEWAY


def test_generation_rises_with_changes_only(database: Database) -> None:
    two_gateways(database)
    directory = Directory(database)
    first = directory.generation
    neuron = register(database)
    second = directory.generation
    with database.begin() as tx:
        gateways.add(tx, "gw-3", "", 1)  # says nothing about neurons
    third = directory.generation
    with database.begin() as tx:
        neurons.amend(tx, replace(neuron, gateway="gw-2"), [Series("ph", "[pH]")], 2)
    assert first < second == third < directory.generation
    assert directory.resolve("gw-1", Point(neuron.id, "ph")) is Refusal.OTHER_GATEWAY
    assert isinstance(directory.resolve("gw-2", Point(neuron.id, "ph")), int)


def test_hardware_that_changed_hands(database: Database) -> None:
    two_gateways(database)
    directory = Directory(database)
    first = register(database, HardwareId("mn", "A1"), HardwareId("mn", "A2"))
    assert isinstance(directory.resolve("gw-1", Point("mn:A2", "orp", "2")), int)
    with database.begin() as tx:
        neurons.amend(tx, replace(first, hardware=(HardwareId("mn", "A3"),)), [], 2)
    second = register(database, HardwareId("mn", "A1"), gateway="gw-2")
    assert directory.resolve("gw-1", Point("mn:A2", "orp", "2")) is Refusal.UNKNOWN_NEURON
    assert isinstance(directory.resolve("gw-1", Point("mn:A3", "orp", "2")), int)
    number = directory.resolve("gw-2", Point("mn:A1", "orp", "2"))
    assert number == directory.resolve("gw-2", Point(second.id, "orp", "2"))


def test_change_of_another_process_is_seen_after_refresh(tmp_path: Path) -> None:
    url = registry_url(tmp_path)
    with Database(url) as ours, Database(url) as theirs:
        two_gateways(ours)
        directory = Directory(ours)
        assert directory.generation == 0
        neuron = register(theirs)
        if url.startswith("sqlite"):  # PostgreSQL is asked now and then by itself
            assert directory.resolve("gw-1", Point(neuron.id, "orp", "2")) is Refusal.UNKNOWN_NEURON
        directory.refresh()
        assert isinstance(directory.resolve("gw-1", Point(neuron.id, "orp", "2")), int)


def test_never_misses_a_neuron_while_others_change(database: Database) -> None:
    two_gateways(database)
    directory = Directory(database)
    known = register(database, HardwareId("mn", "A1"))
    point = Point("mn:A1", "orp", "2")
    number = directory.resolve("gw-1", point)
    assert isinstance(number, int)

    def change(n: int) -> None:
        register(database, HardwareId("imei", str(n)))
        with database.begin() as tx:
            neurons.amend(tx, replace(known, name=str(n)), [], n)
        assert isinstance(directory.resolve("gw-1", Point(f"imei:{n}", "orp", "2")), int)

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(change, n) for n in range(40)]
        while not all(one.done() for one in done):
            assert directory.resolve("gw-1", point) == number
        for one in done:
            one.result()


def test_lists_what_the_database_would_list(database: Database) -> None:
    two_gateways(database)
    directory = Directory(database)
    sites = [Site(Place("310151101", "310151101001"), 121.4, 31.6), Site(Place("310151102"), 121.9, 31.6), Site()]
    for n in range(9):
        with database.begin() as tx:
            new = Neuron("", "camera" if n % 2 else "water_quality", "", None, sites[n % 3], {})
            neurons.add(tx, new, SERIES, 1)
    town, village = Place("310151101"), Place("310151101", "310151101001")
    for selection in (
        Selection(),
        Selection(scope=frozenset({"310151102"})),
        Selection(place=town, kind="camera"),
        Selection(place=village),
        Selection(place=Place("310151101", "310151101000")),
        Selection(place=Place("310151101", "310151101002")),
        Selection(box=BoundingBox(121, 31, 121.5, 32)),
        Selection(kind="sluice"),
    ):
        for observed in (None, "orp"):
            with database.read() as tx:
                listed = datastreams.page(tx, selection, 100, 4, observed=observed).items
            assert list(directory.datastreams(selection, 4, observed=observed)) == listed
    assert len(list(directory.datastreams(Selection(place=village)))) == 6
