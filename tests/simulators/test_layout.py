from collections import Counter

import pytest

from protocols.vocabulary import OBSERVED_PROPERTIES
from simulators.geography import distance_km, inside, outlines, towns
from simulators.layout import EVERYTHING, PER_LINE, layout, lines_of

SEATS = {town.code: town for town in towns()}


@pytest.mark.parametrize(("neurons", "seed"), [(18, 1), (60, 1), (60, 2), (600, 3)])
def test_every_town_has_some_and_all_stand_on_land_near_their_seat(neurons, seed):
    plans = layout(neurons, seed)
    assert len(plans) == neurons
    counts = Counter(plan.town for plan in plans)
    assert len(counts) == 18
    assert max(counts.values()) - min(counts.values()) <= 1
    for plan in plans:
        town = SEATS[plan.town]
        assert inside(outlines()[town.island], plan.longitude, plan.latitude)
        assert distance_km((plan.longitude, plan.latitude), (town.longitude, town.latitude)) <= 2.5
        assert plan.name.startswith(town.name)


def test_the_same_seed_gives_the_same_island_and_a_larger_one_begins_alike():
    assert layout(60, 5) == layout(60, 5)
    assert layout(100, 5)[:60] == layout(60, 5)
    a, b = layout(60, 5), layout(60, 6)
    assert all((x.longitude, x.latitude) != (y.longitude, y.latitude) for x, y in zip(a, b, strict=True))


def test_identities_are_unique_and_well_formed():
    plans = layout(1000, 1)
    for what in ("device", "name", "hardware", "number"):
        assert len({getattr(plan, what) for plan in plans}) == 1000, what
    for plan in plans:
        plan.hardware.checked()
        scheme, value = plan.hardware
        if plan.wire in ("coap", "lwm2m"):
            assert (scheme, len(value)) == ("imei", 15)
            doubled = (int(d) * (2 if n % 2 else 1) for n, d in enumerate(value))
            assert sum(d // 10 + d % 10 for d in doubled) % 10 == 0
        elif plan.wire == "meter-tcp":
            assert (scheme, len(value)) == ("meter", 12 if plan.form == "electricity" else 14)
        elif plan.wire == "hj212-tcp":
            assert (scheme, len(value)) == ("mn", 24)
        elif plan.wire == "sl651-tcp":
            assert (scheme, len(value), value[:2]) == ("sl651", 10, "00")
        else:
            assert scheme == "serial"


@pytest.mark.parametrize("wire", PER_LINE)
def test_devices_share_lines_without_doubles(wire):
    everybody = layout(1200, 1)
    plans = [plan for plan in everybody if plan.wire == wire]
    places = [(plan.server, plan.unit) for plan in plans]
    assert len(set(places)) == len(places)
    assert {server for server, _ in places} == set(range(-(-len(plans) // PER_LINE[wire])))
    assert lines_of(everybody)[wire] == max(server for server, _ in places) + 1
    assert all(1 <= unit <= PER_LINE[wire] for _, unit in places)
    assert all(plan.server is plan.unit is None for plan in everybody if plan.wire not in PER_LINE)


def test_sixty_neurons_have_every_kind_and_every_wire():
    plans = layout(60, 1)
    assert {plan.kind for plan in plans} == {
        "weather", "air_quality", "water_quality", "water_level", "soil", "noise", "streetlight", "sluice",
        "electricity", "water_meter", "waste_bin", "smoke", "manhole", "gas",
    }  # fmt: skip
    assert {plan.wire for plan in plans} == {*PER_LINE, "hj212-tcp", "sl651-tcp", "coap", "lwm2m"}
    for plan in plans:
        assert {one.partition("/")[0] for one in plan.observed} <= OBSERVED_PROPERTIES.keys()


def test_every_form_stands_in_every_town_of_the_island_that_up_starts():
    forms = {(plan.wire, plan.form, plan.kind, plan.observed) for plan in layout(EVERYTHING, 1)}
    found = {(plan.town, plan.wire, plan.form, plan.kind, plan.observed) for plan in layout(EVERYTHING, 1)}
    assert len(found) == 18 * len(forms)


def test_each_of_the_three_islands_has_a_hydrological_station():
    plans = layout(EVERYTHING, 1)
    assert {SEATS[plan.town].island for plan in plans if plan.wire == "sl651-tcp"} == {
        "chongming",
        "changxing",
        "hengsha",
    }


def test_a_square_has_an_inside():
    square = ((0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0), (0.0, 0.0))
    assert inside(square, 1, 1)
    assert not any(inside(square, x, y) for x, y in ((3, 1), (-1, 1), (1, 3), (1, -1)))


@pytest.mark.parametrize("neurons", [-1, 1_000_000])
def test_an_impossible_number_is_refused(neurons):
    with pytest.raises(ValueError, match="expected 0 to 999999"):
        layout(neurons, 1)
