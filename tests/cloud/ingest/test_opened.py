"""Envelopes read together: nothing becomes of one that would not have become of it alone."""

from collections.abc import Callable
from typing import Any

import pytest

from cloud.ingest.opened import alike
from cloud.ingest.parcel import Prepared, Source
from protocols.uplink import FLAG_CLOCK_UNSYNCED
from protocols.vocabulary import Batch, Point, Quality, Reading, Reason
from tests.cloud.ingest.harness import NOW, Ingest, ph

GATEWAYS = tuple(f"gw-{n}" for n in range(1, 7))


def registered(ingest: Ingest) -> dict[str, str]:
    """A neuron of each gateway."""
    for name in GATEWAYS:
        ingest.gateway(name)
    return {name: ingest.neuron(name) for name in GATEWAYS}


async def taken(ingest: Ingest, payloads: list[tuple[str, bytes]]) -> list[int]:
    """How many were read together each time; waits until all are settled."""
    sizes, before = [], len(ingest.settled)
    real = ingest.pipeline._place

    def place(opened: Any, into: Prepared) -> Any:
        found = real(opened, into)
        sizes.append(len(opened) if found is not None else -len(opened))
        return found

    ingest.pipeline._place = place
    async with ingest.running() as pipeline:
        for gateway, payload in payloads:
            pipeline.receive(ingest.parcel(payload, gateway))
        await ingest.until(lambda: len(ingest.settled) >= before + len(payloads), turn_clock=False)
    ingest.pipeline._place = real
    return sizes


async def test_those_of_several_gateways_are_read_as_one(ingest: Ingest) -> None:
    neurons = registered(ingest)
    payloads = [
        (name, ingest.envelope(n, [ph(neurons[name], NOW + n, 7.0 + n)], gateway=name))
        for n in range(2)
        for name in GATEWAYS
    ]
    assert await taken(ingest, payloads) == [12]
    for neuron in neurons.values():
        assert ingest.stored(neuron) == [(NOW, 7.0), (NOW + 1, 8.0)]
    assert ingest.pipeline.counts.readings_stored == 12
    assert ingest.quarantined() == []


Spoil = Callable[[Ingest, str, str], bytes]
BAD: dict[str, Spoil] = {
    "future": lambda i, name, neuron: i.envelope(0, [ph(neuron, NOW + 3_600_000, 1.0)], gateway=name),
    "past": lambda i, name, neuron: i.envelope(0, [ph(neuron, 5, 1.0)], gateway=name),
    "not_a_number": lambda i, name, neuron: i.envelope(0, [ph(neuron, NOW, float("inf"))], gateway=name),
    "unknown_datastream": lambda i, name, neuron: i.envelope(
        0, [Reading(Point(neuron, "turbidity"), NOW, 1.0)], gateway=name
    ),
    "malformed": lambda i, name, neuron: i.envelope(
        0, [ph(neuron, NOW, 1.0)], gateway=name, body=unknown_quality(i, neuron)
    ),
}


def unknown_quality(ingest: Ingest, neuron: str) -> bytes:
    body, _ = ingest.encoder.encode([Batch.of([ph(neuron, NOW, 1.0)])])
    return body[:-6] + b"\5" + body[-5:]


@pytest.mark.parametrize("reason", BAD)
async def test_one_that_is_bad_spoils_no_other(ingest: Ingest, reason: str) -> None:
    neurons = registered(ingest)
    payloads = [(n, ingest.envelope(0, [ph(neurons[n], NOW, 7.0)], gateway=n)) for n in GATEWAYS]
    payloads[3] = GATEWAYS[3], BAD[reason](ingest, GATEWAYS[3], neurons[GATEWAYS[3]])
    await taken(ingest, payloads)
    assert [ingest.stored(neurons[n]) for n in GATEWAYS if n != GATEWAYS[3]] == [[(NOW, 7.0)]] * 5
    assert ingest.stored(neurons[GATEWAYS[3]]) == []
    (suspect,) = ingest.quarantined()
    assert (suspect.suspect.reason, suspect.suspect.gateway) == (reason, GATEWAYS[3])
    assert {ack.gateway for ack in ingest.answers} == set(GATEWAYS)  # it is kept with its bytes
    assert ingest.ledger._pending == {}


async def test_what_crashes_a_group_crashes_only_those_that_do_so_alone(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    neurons = registered(ingest)
    payloads = [(n, ingest.envelope(0, [ph(neurons[n], NOW, 7.0)], gateway=n)) for n in GATEWAYS]
    poison, real = payloads[2][1], ingest.pipeline._place

    def place(opened: Any, into: Prepared) -> Any:
        if any(one.parcel.payload == poison for one in opened):
            raise ZeroDivisionError("in the reading of columns")
        return real(opened, into)

    monkeypatch.setattr(ingest.pipeline, "_place", place)
    async with ingest.running() as pipeline:
        for gateway, payload in payloads:
            pipeline.receive(ingest.parcel(payload, gateway))
        await ingest.until(lambda: len(ingest.settled) >= len(payloads), turn_clock=False)
    assert sum(len(ingest.stored(neuron)) for neuron in neurons.values()) == 5
    (suspect,) = ingest.quarantined()
    assert (suspect.suspect.reason, suspect.suspect.payload) == ("crashed", poison)


async def test_of_one_gateway_the_first_stays(ingest: Ingest) -> None:
    """Same instant, other value, in envelopes of which the second could be read with an earlier group."""
    neurons = registered(ingest)
    neuron, other = neurons["gw-1"], neurons["gw-2"]
    two = [ph(neuron, NOW, 1.0), ph(neuron, NOW + 1, 1.5)]
    payloads = [
        ("gw-2", ingest.envelope(0, [ph(other, NOW, 5.0)], gateway="gw-2")),
        ("gw-1", ingest.envelope(0, two)),
        ("gw-1", ingest.envelope(1, [ph(neuron, NOW, 2.0)])),
        ("gw-2", ingest.envelope(1, [ph(other, NOW + 1, 6.0)], gateway="gw-2")),
    ]
    assert await taken(ingest, payloads) == [1, 1, 2]
    assert ingest.stored(neuron) == [(NOW, 1.0), (NOW + 1, 1.5)]
    assert ingest.stored(other) == [(NOW, 5.0), (NOW + 1, 6.0)]
    assert [one.suspect.reason for one in ingest.quarantined()] == ["conflict"]


async def test_lanes_and_clocks_are_read_apart(ingest: Ingest) -> None:
    neurons = registered(ingest)
    marks = {"gw-1": {}, "gw-2": {"late": True}, "gw-3": {"flags": FLAG_CLOCK_UNSYNCED}}
    payloads = [
        (n, ingest.envelope(0, [ph(neurons[n], NOW, 7.0)], gateway=n, **how))  # type: ignore[arg-type]
        for n, how in marks.items()
    ]
    assert await taken(ingest, payloads) == [1, 1, 1]
    found = [int(ingest.store.raw([ingest.number(neurons[n])], 0, 2**62, limit=9).reasons[0]) for n in marks]
    assert found == [0, Reason.BACKFILLED, Reason.CLOCK]


def test_the_order_of_each_gateway_is_kept(ingest: Ingest) -> None:
    neurons = registered(ingest)
    into = Prepared()
    for n, name in enumerate(GATEWAYS * 4):
        readings = [ph(neurons[name], NOW + 10 * n + m, 7.0) for m in range(1 + n % 3 % 2)]
        ingest.reader.read(ingest.parcel(ingest.envelope(n, readings, gateway=name), name), into)
    groups = alike(into.opened)
    assert sum(map(len, groups)) == 24
    for name in GATEWAYS:
        sequences = [one.header.sequence for group in groups for one in group if one.header.gateway == name]
        assert sequences == sorted(sequences)
    assert len(groups) < 24


def test_what_a_change_of_the_registry_parts_is_not_read_together(ingest: Ingest) -> None:
    """A neuron that changes its gateway in between would have two runs that nobody knows to be of one datastream."""
    neurons = registered(ingest)
    into = Prepared()
    for name in GATEWAYS[:3]:
        payload = ingest.envelope(0, [ph(neurons[name], NOW, 7.0)], gateway=name)
        ingest.reader.read(ingest.parcel(payload, name), into)
        if name == "gw-2":
            ingest.neuron("gw-6")
    assert [len(group) for group in alike(into.opened)] == [2, 1]


async def test_another_kind_of_message_waits_for_those_before_it(ingest: Ingest) -> None:
    neurons = registered(ingest)
    neuron = neurons["gw-1"]
    into = Prepared()
    ingest.pipeline.prepare(ingest.parcel(ingest.envelope(0, [ph(neuron, NOW, 7.0)])), into)
    assert (len(into.opened), into.readings) == (1, 0)
    senml = b'[{"n":"%s/ph","t":%d,"v":8.5}]' % (neuron.encode(), NOW // 1000 + 1)
    ingest.pipeline.prepare(ingest.parcel(senml, source=Source.SENML), into)
    assert (into.opened, into.readings) == ([], 2)
    assert [float(one.value[0]) for one in into.fresh] == [7.0, 8.5]


def test_missing_ones_have_their_place(ingest: Ingest) -> None:
    neurons = registered(ingest)
    into = Prepared()
    for name in GATEWAYS[:2]:
        reading = Reading.missing(Point(neurons[name], "ph"), NOW)
        ingest.pipeline.prepare(ingest.parcel(ingest.envelope(0, [reading], gateway=name), name), into)
    ingest.pipeline.placed(into)
    (columns,) = into.fresh
    assert columns.quality.tolist() == [Quality.MISSING] * 2
    assert into.suspects == []
