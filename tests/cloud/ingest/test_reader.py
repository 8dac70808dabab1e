from dataclasses import replace

import numpy as np
import pytest

from cloud.ingest.parcel import Source
from cloud.registry import neurons
from protocols.uplink import FLAG_CLOCK_UNSYNCED, read_header
from protocols.vocabulary import Point, Quality, Reading, Reason
from tests.cloud.ingest.harness import EPOCH, NOW, Ingest, ph


def reasons(ingest: Ingest) -> list[str]:
    return sorted(one.suspect.reason for one in ingest.quarantined())


async def test_readings_are_stored_and_the_gateway_is_told(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    await ingest.take(ingest.envelope(0, [ph(neuron, NOW, 7.5), Reading(Point(neuron, "orp"), NOW, 210.0)]))
    assert ingest.stored(neuron) == [(NOW, 7.5)]
    assert ingest.stored(neuron, "orp") == [(NOW, 210.0)]
    assert ingest.held() == [(0, 0)]
    assert ingest.quarantined() == []
    assert ingest.latest.snapshot(np.array([ingest.number(neuron)], np.int32)).value.tolist() == [7.5]
    assert sum(map(len, ingest.committed)) == 2


@pytest.mark.parametrize("spoil", [lambda e: e[:-1] + bytes((e[-1] ^ 1,)), lambda e: e[:24] + b"\1" + e[25:]])
async def test_a_wrong_mac_is_kept_for_a_look_and_not_acknowledged(ingest: Ingest, spoil) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    payload = spoil(ingest.envelope(0, [ph(neuron, NOW, 7.5)]))
    await ingest.take(payload)
    assert (reasons(ingest), ingest.held(), ingest.stored(neuron)) == (["bad_mac"], [], [])
    assert ingest.quarantined()[0].suspect.payload == payload
    assert ingest.reader.security_events == 1
    await ingest.take(ingest.envelope(0, [ph(neuron, NOW, 7.5)]))  # the right one is none the worse for it
    assert (ingest.held(), ingest.stored(neuron)) == ([(0, 0)], [(NOW, 7.5)])


async def test_an_unknown_gateway_is_not_acknowledged(ingest: Ingest) -> None:
    await ingest.take(ingest.envelope(0, [ph("mn:A1", NOW, 7.5)], gateway="gw-9"), gateway="gw-9")
    assert (reasons(ingest), ingest.answers) == (["unknown_gateway"], [])


async def test_another_gateways_topic_is_a_security_event(ingest: Ingest) -> None:
    ingest.gateway()
    ingest.gateway("gw-2")
    neuron = ingest.neuron()
    await ingest.take(ingest.envelope(0, [ph(neuron, NOW, 7.5)]), gateway="gw-2")
    assert (reasons(ingest), ingest.answers, ingest.stored(neuron)) == (["gateway_mismatch"], [], [])
    assert ingest.reader.security_events == 1


async def test_a_key_that_was_rotated_is_good_for_a_day(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    old = ingest.envelope(0, [ph(neuron, NOW, 7.5)]), ingest.envelope(1, [ph(neuron, NOW + 1, 7.5)])
    ingest.gateway()
    await ingest.take(old[0], ingest.envelope(2, [ph(neuron, NOW + 2, 7.5)]))
    assert ingest.quarantined() == []
    ingest.clock.advance(24 * 3600 + 1)
    await ingest.take(old[1])
    assert reasons(ingest) == ["bad_mac"]


async def test_key_numbers_beyond_255_come_round(ingest: Ingest) -> None:
    ingest.gateway()
    with ingest.database.begin() as tx:
        tx.exec_driver_sql("UPDATE gateway SET credential_version = 257")
    ingest.gateway()
    neuron = ingest.neuron()
    payload = ingest.envelope(0, [ph(neuron, NOW, 7.5)])
    assert read_header(payload).key_id == 2
    await ingest.take(payload)
    assert ingest.stored(neuron) == [(NOW, 7.5)]


async def test_a_repetition_is_counted_and_acknowledged_again(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    first = ingest.envelope(3, [ph(neuron, NOW, 7.5)])
    late = ingest.envelope(3, [ph(neuron, NOW, 7.5)], late=True)
    await ingest.take(first, first)
    await ingest.take(late)
    ingest.close()
    ingest.open()
    await ingest.take(first, late)
    assert ingest.stored(neuron) == [(NOW, 7.5)]
    assert ingest.held() == [(3, 3)] * 3
    assert ingest.reader.duplicates == 2
    assert (ingest.quarantined(), ingest.reader.security_events) == ([], 0)


@pytest.mark.parametrize("restart", [False, True])
async def test_the_same_name_with_other_content_is_a_security_event(ingest: Ingest, restart: bool) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    await ingest.take(ingest.envelope(3, [ph(neuron, NOW, 7.5)]))
    if restart:
        ingest.close()
        ingest.open()
    other = ingest.envelope(3, [ph(neuron, NOW + 5, 8.5)])
    await ingest.take(other, other)
    assert ingest.stored(neuron) == [(NOW, 7.5)]
    (suspect,) = ingest.quarantined("conflicting_envelope")
    assert (suspect.suspect.payload, suspect.times) == (other, 2)
    assert ingest.reader.security_events == 2
    assert ingest.held()[-1] == (3, 3)  # or its sender would hold on to it for ever


async def test_two_of_one_name_in_one_commit(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    await ingest.take(ingest.envelope(3, [ph(neuron, NOW, 7.5)]), ingest.envelope(3, [ph(neuron, NOW + 5, 8.5)]))
    assert ingest.stored(neuron) == [(NOW, 7.5)]
    assert reasons(ingest) == ["conflicting_envelope"]


async def test_readings_without_a_place_are_kept_and_the_rest_is_stored(ingest: Ingest) -> None:
    ingest.gateway()
    ingest.gateway("gw-2")
    mine, theirs = ingest.neuron(), ingest.neuron("gw-2")
    unknown = Point("mn:NOBODY", "ph")
    await ingest.take(
        ingest.envelope(
            0,
            [
                ph(theirs, NOW, 1.0), ph(mine, NOW, 7.5), Reading(unknown, NOW, 2.0), Reading(unknown, NOW + 1, 3.0),
                Reading(Point(mine, "turbidity"), NOW, 4.0), ph(mine, NOW + 1, 7.6),
            ],
        )
    )  # fmt: skip
    assert ingest.stored(mine) == [(NOW, 7.5), (NOW + 1, 7.6)]
    assert ingest.stored(theirs) == []
    assert reasons(ingest) == ["other_gateway", "unknown_datastream", "unknown_neuron"]
    (suspect,) = ingest.quarantined("unknown_neuron")
    assert suspect.suspect.detail == "2 readings of mn:NOBODY/ph"
    assert ingest.held() == [(0, 0)]


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        (NOW + 600_001, "future"), (2**63 - 1, "future"), (1_577_836_799_999, "past"), (0, "past"), (-(2**63), "past"),
        (1_800_000_000, "past"),
    ],
)  # fmt: skip
async def test_stamps_that_cannot_be(ingest: Ingest, time: int, reason: str) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    await ingest.take(ingest.envelope(0, [ph(neuron, NOW, 7.5), ph(neuron, time, 8.5)]))
    assert ingest.stored(neuron) == [(NOW, 7.5)]
    assert reasons(ingest) == [reason]
    assert ingest.latest.everything().time.tolist() == [NOW]


@pytest.mark.parametrize("time", [NOW + 600_000, 1_577_836_800_000])
async def test_stamps_that_just_can_be(ingest: Ingest, time: int) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    await ingest.take(ingest.envelope(0, [ph(neuron, time, 8.5)]))
    assert ingest.stored(neuron) == [(time, 8.5)]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
async def test_what_is_no_number_and_not_called_missing(ingest: Ingest, value: float) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    await ingest.take(
        ingest.envelope(0, [ph(neuron, NOW, 7.5), Reading(Point(neuron, "ph"), NOW + 1, value, Quality.PASS)])
    )
    assert ingest.stored(neuron) == [(NOW, 7.5)]
    assert reasons(ingest) == ["not_a_number"]


async def test_missing_values_are_stored_as_such(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    await ingest.take(ingest.envelope(0, [ph(neuron, NOW, 7.5), Reading.missing(Point(neuron, "ph"), NOW + 1)]))
    await ingest.take(ingest.envelope(1, [Reading.missing(Point(neuron, "ph"), NOW + 1)]))  # late, and a duplicate
    found = ingest.stored(neuron)
    assert found[0] == (NOW, 7.5)
    assert np.isnan(found[1][1])
    assert ingest.quarantined() == []
    latest = ingest.latest.everything()
    assert (latest.time.tolist(), latest.quality.tolist()) == ([NOW + 1], [9])


async def test_lane_and_clock_are_marked_on_the_readings(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    await ingest.take(ingest.envelope(0, [ph(neuron, NOW, 7.5)], late=True, flags=FLAG_CLOCK_UNSYNCED))
    found = ingest.store.raw([ingest.number(neuron)], 0, 2**62, limit=9)
    assert found.reasons.tolist() == [Reason.BACKFILLED | Reason.CLOCK]


async def test_what_is_malformed_under_a_right_mac_is_kept_and_acknowledged(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    sound = [ingest.envelope(n, [ph(neuron, NOW + n, 7.5)]) for n in (0, 2)]
    broken = ingest.envelope(1, [ph(neuron, NOW + 1, 7.5)], body=b"\xff" * 50)
    await ingest.take(sound[0], broken, sound[1], b"", b"garbage")
    assert ingest.stored(neuron) == [(NOW, 7.5), (NOW + 2, 7.5)]
    assert reasons(ingest) == ["malformed"] * 3
    assert ingest.held() == [(0, 2)]
    await ingest.take(broken)  # known: it does not go to quarantine again
    assert [one.times for one in ingest.quarantined("malformed")] == [1, 1, 1]


async def test_readings_are_replayed_after_the_registry_was_mended(ingest: Ingest) -> None:
    ingest.gateway()
    mine = ingest.neuron()
    known = ingest.neuron(None)
    await ingest.take(ingest.envelope(0, [ph(mine, NOW, 7.5), ph(known, NOW, 1.0), ph(known, NOW + 1, 2.0)]))
    (suspect,) = ingest.quarantined()
    assert suspect.suspect.source == Source.REMAINDER.value
    parcel = ingest.parcel(suspect.suspect.payload, source=Source.REMAINDER)
    async with ingest.running() as pipeline:
        report, prepared = await pipeline.replay(parcel)
        assert (report.stored, len(prepared.suspects)) == (0, 1)
        with ingest.database.begin() as tx:
            neurons.amend(tx, replace(neurons.get(tx, known), gateway="gw-1"), [], 2)
        report, prepared = await pipeline.replay(parcel)
    assert (report.stored, prepared.suspects) == (2, [])
    assert ingest.stored(known) == [(NOW, 1.0), (NOW + 1, 2.0)]
    assert ingest.stored(mine) == [(NOW, 7.5)]


async def test_a_whole_envelope_out_of_quarantine_needs_its_mac(ingest: Ingest) -> None:
    ingest.gateway()
    neuron = ingest.neuron()
    forged = ingest.envelope(0, [ph(neuron, NOW, 6.6)], key=b"")  # the key under which remainders are kept
    await ingest.take(forged)
    (suspect,) = ingest.quarantined("bad_mac")
    assert suspect.suspect.source == Source.ENVELOPE.value
    async with ingest.running() as pipeline:
        report, prepared = await pipeline.replay(ingest.parcel(suspect.suspect.payload, source=Source.REPLAY))
        assert (report.stored, [s.reason for s in prepared.suspects]) == (0, ["bad_mac"])
        sound = ingest.envelope(0, [ph(neuron, NOW, 7.5)])
        report, prepared = await pipeline.replay(ingest.parcel(sound, source=Source.REPLAY))
        assert (report.stored, prepared.suspects) == (1, [])
    assert ingest.store.held() == {}
    assert EPOCH < 2**63
