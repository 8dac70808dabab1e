import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import duckdb
import numpy as np
import pytest

from cloud.broker.line import Inbound
from cloud.config import Limits
from cloud.core import ASK_AGAIN_MS, BrokerSettings, Core
from cloud.ingest.parcel import Parcel, Prepared, Source
from cloud.registry import quarantine
from cloud.restored import FILE, Restored
from cloud.store.port import Columns, EnvelopeKey
from protocols.uplink import Kind, Resend, Signed, ToldTime
from protocols.vocabulary import LinkDown
from protocols.vocabulary.ranges import RangeSet
from protocols.vocabulary.topics import DOWN_RESEND, DOWN_TIME, UP_STATUS, topic
from tests.cloud.ingest.harness import NOW, Ingest, ph


@pytest.fixture
def district(tmp_path: Path) -> Iterator[Ingest]:
    """Names gateway and neuron in the folder; the store is left to the core."""
    ingest = Ingest(tmp_path).open()
    ingest.gateway()
    ingest.store.close()
    yield ingest
    ingest.close()


def parcel(source: Source, payload: bytes) -> Parcel:
    return Parcel(
        source, "gw-1", f"yz/v1/gw-1/{'senml' if source is Source.SENML else 'up/batch'}", payload, lambda: None
    )


@pytest.mark.parametrize(("future_s", "reasons"), [(3600, []), (60, ["future"])])
@pytest.mark.parametrize("source", [Source.SENML, Source.ENVELOPE])
async def test_future_is_what_the_configuration_says(
    district: Ingest, source: Source, future_s: int, reasons: list[str]
) -> None:
    neuron, time = district.neuron(), NOW + 1_800_000
    senml = f'[{{"n":"{neuron}/ph","t":{time // 1000},"v":7}}]'.encode()
    payload = senml if source is Source.SENML else district.envelope(1, [ph(neuron, time, 7)])
    limits, into = Limits(future_s=future_s), Prepared()
    async with Core(district.folder, BrokerSettings(), district.clock, limits=limits) as core:
        core.pipeline.prepare(parcel(source, payload), into)
        core.pipeline.placed(into)
    assert [suspect.reason for suspect in into.suspects] == reasons


async def test_quarantine_is_as_large_as_the_configuration_says(district: Ingest) -> None:
    async with Core(district.folder, BrokerSettings(), district.clock, limits=Limits(quarantine_rows=3)) as core:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(core.pipeline.run())
            for number in range(5):
                core.pipeline.receive(parcel(Source.SENML, b"junk %d" % number))
            await district.until(lambda: core.pipeline.counts.quarantined == 5, turn_clock=False)
            running.cancel()
        with core.registry.read() as tx:
            assert quarantine.totals(tx)[::2] == (3, 2)


def one_reading(number: int, time: int) -> Columns:
    return Columns(
        np.array([number], np.int32),
        np.array([time]),
        np.array([7.0]),
        np.array([1], np.uint8),
        np.zeros(1, np.uint32),
    )


async def test_who_writes_does_not_wait_for_a_store_that_fails(
    district: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = district.number(district.neuron())
    monkeypatch.setattr("cloud.core.COMMIT_WAIT_S", 0.2)
    async with Core(district.folder, BrokerSettings(), district.clock) as core, asyncio.TaskGroup() as group:
        core._loop = asyncio.get_running_loop()
        running = group.create_task(core.pipeline.run())
        commit, full = core.store.commit, duckdb.IOException("no space left\nor so")
        monkeypatch.setattr(core.store, "commit", Mock(side_effect=full))
        with pytest.raises(LinkDown, match=r"not committed within 0\.2 s"):
            await asyncio.to_thread(core.write, one_reading(number, NOW - 2))
        assert core.ready()[-1] == "store: no space left"
        with pytest.raises(LinkDown, match="does not commit: no space left"):
            await asyncio.to_thread(core.write, one_reading(number, NOW - 1))
        with pytest.raises(LinkDown, match="does not commit"):
            await asyncio.to_thread(core.replay, "senml", "gw-1", "yz/v1/gw-1/senml", b"[]", NOW)

        monkeypatch.setattr(core.store, "commit", commit)
        await district.until(lambda: core.pipeline.failing is None)
        assert not any("store" in reason for reason in core.ready())
        again = [await asyncio.to_thread(core.write, one_reading(number, NOW - back)) for back in (2, 1)]
        assert [(report.stored, report.duplicates) for report in again] == [(0, 1), (1, 0)], "sent again, stored once"
        running.cancel()


async def test_a_status_is_answered_with_the_time(district: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, bytes, int]] = []
    async with Core(district.folder, BrokerSettings(), district.clock) as core:
        monkeypatch.setattr(core.uplink, "publish", lambda *message: said.append(message))
        for gateway, status, retained in (
            ("gw-1", {"online": True, "at_ms": 77}, False),
            ("gw-1", {"online": True, "at_ms": 78}, True),
            ("gw-1", {"online": True, "at_ms": True}, False),
            ("gw-1", {"online": True, "at_ms": "79"}, False),
            ("gw-1", {"online": False}, False),
            ("gw-unknown", {"online": True, "at_ms": 80}, False),
        ):
            payload = json.dumps(status).encode()
            core._receive(Inbound(topic(gateway, UP_STATUS), payload, retained, lambda: None))
        keys = core.keys.mac_keys("gw-1").values()
        ((name, payload, qos),) = said
        assert (name, qos) == (topic("gw-1", DOWN_TIME), 0)
        told = ToldTime.of(Signed.of_gateway(payload, Kind.TIME, "gw-1", keys).body)
        assert told == ToldTime(77, district.clock.now_ms())


async def test_who_has_not_answered_a_restore_is_told_what_is_held(
    district: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    Restored(NOW - 5, NOW, 0).write(district.folder)
    said: list[tuple[str, bytes, int]] = []
    async with Core(district.folder, BrokerSettings(), district.clock) as core:
        core.ledger.committed([EnvelopeKey("gw-1", 1, 77, number, 1) for number in (0, 1, 2, 5)])
        core.ledger.committed([EnvelopeKey("gw-2", 1, 77, 0, 1), EnvelopeKey("gw-1", 2, 78, 0, 1)])
        monkeypatch.setattr(core.uplink, "publish", lambda *message: said.append(message))
        for status in (
            {"resend": {"restored": None}},
            {"resend": {"restored": NOW - 1000}},
            {"resend": {"restored": NOW}},
            {"resend": None},
            {"resend": {"restored": None}, "retained": True},
            {},
        ):
            district.clock.advance(ASK_AGAIN_MS / 1000)
            payload = json.dumps({"online": True, **status}).encode()
            core._receive(Inbound(topic("gw-1", UP_STATUS), payload, "retained" in status, lambda: None))
            core._receive(Inbound(topic("gw-1", UP_STATUS), payload, "retained" in status, lambda: None))  # too soon
        keys = list(core.keys.mac_keys("gw-1").values())
        assert [(name, qos) for name, _, qos in said] == [(topic("gw-1", DOWN_RESEND), 1)] * 2
        for _, payload, _ in said:
            told = Resend.of(Signed.of_gateway(payload, Kind.RESEND, "gw-1", keys).body)
            assert told == Resend(NOW, {(1, 77): RangeSet([(0, 2), (5, 5)]), (2, 78): RangeSet([(0, 0)])})


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"taken_ms": 1, "restored_ms": 2, "readings": 3, "more": 4}'])
async def test_nobody_is_asked_for_a_restore_that_nobody_can_read(
    district: Ingest, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    (district.folder / FILE).write_text(text)
    async with Core(district.folder, BrokerSettings(), district.clock) as core:
        assert core._restored is None
    assert "not asked to send again" in caplog.text


async def test_a_disk_that_is_nearly_full_is_told(district: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Core(district.folder, BrokerSettings(), district.clock) as core:
        assert not any("disk" in reason for reason in core.ready())
        assert core.free_bytes > 0
        monkeypatch.setattr("cloud.disk.SPACE", 1 << 62)
        (told,) = (reason for reason in core.ready() if reason.startswith("disk: "))
        assert str(district.folder) in told
        assert "MB left on its disk" in told
