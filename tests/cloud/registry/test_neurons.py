from dataclasses import replace

import pytest

from cloud.geo.towns import Place
from cloud.registry import bindings, datastreams, gateways, neurons, twins
from cloud.registry.database import Database
from cloud.registry.datastreams import Series
from cloud.registry.errors import Conflict, Invalid, NotFound
from cloud.registry.neurons import Neuron
from cloud.registry.selection import Selection, Site
from protocols.vocabulary import HardwareId, NeuronId, Point, TwinId

WATER = Neuron(
    "", "water_quality", "buoy", "gw-1", Site(Place("310151101"), 121.4, 31.6), {}, (HardwareId("mn", "A1"),)
)
SERIES = (Series("water_temperature", "Cel"), Series("ph", "[pH]"))


@pytest.fixture
def neuron(database: Database) -> Neuron:
    with database.begin() as tx:
        gateways.add(tx, "gw-1", "", 1)
        return neurons.add(tx, WATER, SERIES, 10)


def test_neuron_has_identifier_hardware_and_datastreams(database: Database, neuron: Neuron) -> None:
    assert str(NeuronId.parse(neuron.id)) == neuron.id
    assert neuron == replace(WATER, id=neuron.id, created_ms=10, updated_ms=10)
    with database.read() as tx:
        streams = datastreams.of_neurons(tx, [neuron.id])
    assert [(str(s.point), s.unit, s.site, s.gateway) for s in streams] == [
        (f"{neuron.id}/water_temperature", "Cel", neuron.site, "gw-1"),
        (f"{neuron.id}/ph", "[pH]", neuron.site, "gw-1"),
    ]


def test_hardware_identity_belongs_to_one_neuron(database: Database, neuron: Neuron) -> None:
    with pytest.raises(Conflict, match="mn:A1"), database.begin() as tx:
        neurons.add(tx, WATER, SERIES, 11)
    with database.read() as tx:
        assert len(neurons.page(tx, Selection(), 10).items) == 1


def test_unknown_gateway_is_refused(database: Database) -> None:
    with pytest.raises(Invalid) as caught, database.begin() as tx:
        neurons.add(tx, replace(WATER, gateway="gw-nowhere"), SERIES, 1)
    assert caught.value.field == "gateway"


def test_amending_adds_datastreams_and_frees_hardware(database: Database, neuron: Neuron) -> None:
    with database.begin() as tx:
        amended = replace(neuron, hardware=(HardwareId("imei", "86"),), name="new", gateway=None)
        neurons.amend(tx, amended, [Series("ph", "[pH]"), Series("orp", "mV", "2")], 20)
        other = neurons.add(tx, WATER, (), 21)
    with database.read() as tx:
        found = neurons.get(tx, neuron.id)
        assert [s.point.series for s in datastreams.of_neurons(tx, [neuron.id])] == ["water_temperature", "ph", "orp/2"]
    assert (found.name, found.gateway, found.hardware, found.updated_ms) == ("new", None, (("imei", "86"),), 20)
    assert other.hardware == (("mn", "A1"),)


def test_unit_of_a_datastream_is_for_life(database: Database, neuron: Neuron) -> None:
    with pytest.raises(Conflict, match="Cel"), database.begin() as tx:
        neurons.amend(tx, neuron, [Series("water_temperature", "K")], 20)


def test_datastream_by_key_and_scope(database: Database, neuron: Neuron) -> None:
    key = Point(neuron.id, "ph")
    with database.read() as tx:
        assert datastreams.get(tx, key, frozenset({"310151101"})).unit == "[pH]"
        for wrong, scope in ((key, {"310151102"}), (Point(neuron.id, "ph", "2"), set())):
            with pytest.raises(NotFound):
                datastreams.get(tx, wrong, frozenset(scope))
        assert [s.point.observed for s in datastreams.page(tx, Selection(), 10, observed="ph").items] == ["ph"]
        first = datastreams.page(tx, Selection(), 1)
        assert [s.point.observed for s in datastreams.page(tx, Selection(), 1, first.after).items] == ["ph"]


def bound(database: Database, neuron: Neuron) -> TwinId:
    with database.begin() as tx:
        return twins.add(tx, twins.Twin(TwinId("3101510596000001"), "river_section", "", Site(), {}), 1).id


def test_bindings_do_not_overlap(database: Database, neuron: Neuron) -> None:
    twin = bound(database, neuron)
    with database.begin() as tx:
        bindings.bind(tx, neuron.id, twin, 100, 200)
        bindings.bind(tx, neuron.id, twin, 200)
    for start, end in ((150, 160), (50, 101), (300, None), (0, None), (199, 200)):
        with pytest.raises(Conflict), database.begin() as tx:
            bindings.bind(tx, neuron.id, twin, start, end)
    with database.begin() as tx:
        bindings.bind(tx, neuron.id, twin, 50, 100)
        assert [(b.from_ms, b.to_ms) for b in bindings.of_twin(tx, twin)] == [(50, 100), (100, 200), (200, None)]
    with pytest.raises(Invalid), database.begin() as tx:
        bindings.bind(tx, neuron.id, twin, 9, 9)


def test_replacement_ends_the_old_binding(database: Database, neuron: Neuron) -> None:
    twin = bound(database, neuron)
    with database.begin() as tx:
        bindings.bind(tx, neuron.id, twin, 100)
        new = neurons.add(tx, replace(WATER, hardware=()), SERIES, 1)
        bindings.bind(tx, new.id, twin, 500, replaces=neuron.id)
        assert [(b.neuron, b.from_ms, b.to_ms) for b in bindings.of_twin(tx, twin)] == [
            (neuron.id, 100, 500),
            (new.id, 500, None),
        ]
        with pytest.raises(Invalid, match="no open binding"):
            bindings.bind(tx, new.id, twin, 700, replaces=neuron.id)


def test_ending_a_binding(database: Database, neuron: Neuron) -> None:
    twin = bound(database, neuron)
    with database.begin() as tx:
        first = bindings.bind(tx, neuron.id, twin, 100)
        assert bindings.end(tx, neuron.id, first.id, 300).to_ms == 300
        bindings.bind(tx, neuron.id, twin, 400)
        with pytest.raises(Conflict):
            bindings.end(tx, neuron.id, first.id, 401)
        with pytest.raises(Invalid):
            bindings.end(tx, neuron.id, first.id, 100)
        with pytest.raises(NotFound):
            bindings.end(tx, "nrn-other", first.id, 300)
