from dataclasses import replace

import pytest
from sqlalchemy.exc import OperationalError

from cloud.ingest.parcel import Source
from cloud.registry import events, neurons
from cloud.registry.events import Filters, Kept
from protocols.uplink import Stream, encode_events
from protocols.vocabulary import Event
from tests.cloud.ingest.harness import EPOCH, NOW, Ingest, ph


def noted(ingest: Ingest, *events: Event, sequence: int = 0, late: bool = False, key: bytes | None = None) -> bytes:
    body = encode_events([event.encode() for event in events])
    readings = [ph("mn:A1", 0, 0)] * len(events)
    return ingest.envelope(sequence, readings, stream=Stream.EVENTS, body=body, late=late, key=key)


def kept(ingest: Ingest) -> list[Kept]:
    with ingest.database.read() as tx:
        return events.page(tx, Filters(), 1000).items[::-1]


def door(source: str, number: int = 0) -> Event:
    return Event(source, "door.opened", NOW + number, {"number": number})


async def test_events_are_kept_acknowledged_and_not_doubled(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    own, its = door("gw-1", 1), door(neuron, 2)
    envelope = noted(ingest, own, its)
    await ingest.take(envelope, envelope)
    await ingest.take(envelope, noted(ingest, door(neuron, 3), sequence=1, late=True))
    found = [one.arrived for one in kept(ingest)]
    assert [one.event for one in found] == [own, its, door(neuron, 3)]
    assert [one.neuron for one in found] == [None, neuron, neuron]
    assert [(one.epoch, one.sequence, one.place, one.late) for one in found] == [
        (EPOCH, 0, 0, False),
        (EPOCH, 0, 1, False),
        (EPOCH, 1, 0, True),
    ]
    assert ingest.held(stream=2)[-1] == (0, 1)
    assert ingest.pipeline.counts.events_stored == 3
    assert ingest.quarantined() == []


async def test_numbers_of_events_and_readings_do_not_meet(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    await ingest.take(noted(ingest, door(neuron)), ingest.envelope(0, [ph(neuron, NOW, 7.5)]))
    assert len(kept(ingest)) == 1
    assert ingest.stored(neuron) == [(NOW, 7.5)]
    assert (ingest.held(stream=1), ingest.held(stream=2)) == ([(0, 0)], [(0, 0)])


async def test_events_of_others_wait_in_quarantine_alone(ingest: Ingest) -> None:
    ingest.gateway()
    ingest.gateway("gw-2")
    mine, other = ingest.neuron(), ingest.neuron("gw-2")
    await ingest.take(noted(ingest, door(other, 1), door(mine, 2), door("mn:nobody", 3), door(mine, 10**9)))
    assert [one.arrived.event for one in kept(ingest)] == [door(mine, 2)]
    assert sorted(one.suspect.reason for one in ingest.quarantined()) == ["future", "other_gateway", "unknown_neuron"]
    (suspect,) = ingest.quarantined("other_gateway")
    assert suspect.suspect.topic == "yz/v1/gw-1/up/event"
    with ingest.database.begin() as tx:
        neurons.amend(tx, replace(neurons.get(tx, other), gateway="gw-1"), [], 2)
    async with ingest.running() as pipeline:
        parcel = ingest.parcel(suspect.suspect.payload, source=Source.REMAINDER)
        _, prepared = await pipeline.replay(parcel)
        assert [one.event for one in prepared.events] == [door(other, 1)]
        _, prepared = await pipeline.replay(parcel)
        assert prepared.events == []
    assert [one.arrived.event for one in kept(ingest)] == [door(mine, 2), door(other, 1)]


@pytest.mark.parametrize("body", [b"", b"{}", b"\n", b"\xff"])
async def test_what_are_no_events_is_kept_as_it_came(ingest: Ingest, body: bytes) -> None:
    ingest.gateway()
    await ingest.take(ingest.envelope(0, [ph("mn:A1", 0, 0)], stream=Stream.EVENTS, body=body))
    assert [one.suspect.reason for one in ingest.quarantined()] == ["malformed"]
    assert kept(ingest) == []
    assert ingest.held(stream=2) == [(0, 0)]


async def test_a_stream_on_the_topic_of_the_other_is_refused(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    for payload, topic in (
        (noted(ingest, door(neuron)), "up/batch"),
        (ingest.envelope(0, [ph(neuron, NOW, 7.5)]), "up/event"),
    ):
        parcel = replace(ingest.parcel(payload), topic=f"yz/v1/gw-1/{topic}")
        before = len(ingest.settled)
        async with ingest.running() as pipeline:
            pipeline.receive(parcel)
            await ingest.until(lambda: len(ingest.settled) > before, turn_clock=False)  # noqa: B023
    assert [one.suspect.reason for one in ingest.quarantined()] == ["gateway_mismatch"] * 2
    assert kept(ingest) == []


async def test_a_wrong_key_writes_no_event(ingest: Ingest) -> None:
    ingest.gateway()
    await ingest.take(noted(ingest, door("gw-1"), key=b"wrong"))
    assert [one.suspect.reason for one in ingest.quarantined()] == ["bad_mac"]
    assert kept(ingest) == []
    assert ingest.held(stream=2) == []


async def test_events_are_written_once_when_the_commit_is_tried_again(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest.gateway()
    tries = []
    add = events.add

    def fails_once(*args: object) -> object:
        tries.append(args)
        if len(tries) == 1:
            raise OperationalError("no", None, Exception())
        return add(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(events, "add", fails_once)
    parcel = ingest.parcel(noted(ingest, door("gw-1")))
    async with ingest.running() as pipeline:
        pipeline.receive(parcel)
        await ingest.until(lambda: ingest.settled)
    assert len(tries) == 2
    assert len(kept(ingest)) == 1


def test_what_is_kept_is_bounded(ingest: Ingest) -> None:
    arrived = [events.Arrived("gw-1", 1, 0, place, NOW, False, None, door("gw-1", place)) for place in range(1200)]
    with ingest.database.begin() as tx:
        assert len(events.add(tx, arrived[:5], 1000)) == 5
        assert len(events.add(tx, arrived, 1000)) == 1195
        assert events.totals(tx) == (1000, 200)
        page = events.page(tx, Filters(), 2000).items
    assert [one.arrived.place for one in page] == list(range(1199, 199, -1))
