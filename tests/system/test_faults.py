"""Faults of the gateway, the line, the broker and the cloud: nothing lost, nothing stored twice (seeded, short)."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest
from aiomqtt import Client

from edge.spool.record import Found, scan
from protocols.uplink import Header, expand, read_header, sign, unsigned
from protocols.uplink.rows import decode_rows
from tests.system.acts import kill_and_recover
from tests.system.oracle import value_of
from tests.system.processes import REPOSITORY, Installation
from tests.system.proxy import Proxy
from tests.system.run import GATEWAY, Run, assert_nothing_lost

SEED = 20260101


async def test_f01_agent_killed_at_random_points(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=3000, seed=SEED)
    found: list[tuple[set[int], list[float]]] = []

    async def kill() -> None:
        found.append(await kill_and_recover(run, 8, (0.6, 1.6)))

    await run.upload_during(kill, patience_s=120)
    await run.settled()
    verdict = await run.verdict()
    ((epochs, recoveries),) = found
    verdict.kills, verdict.t_recover_s = run.edge.starts - 1, max(recoveries)
    assert_nothing_lost(verdict)
    assert verdict.kills == 8
    assert len(epochs) == 8, "an epoch was used twice"


async def test_f04_f05_f06_spool_torn_flipped_zeroed(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=300, seed=SEED)
    await run.upload(60)
    await run.settled()
    installation.cloud.kill()  # from now on everything stays in the spool
    await run.upload(300)
    run.edge.kill()
    spool = installation.folder / GATEWAY / "spool"
    segment = max(spool.glob("*.seg"))
    records = [item for item in scan(segment.read_bytes()) if isinstance(item, Found)]
    waiting = [r for r in records if not _times(r.payload) <= {run.oracle.time_of(n) for n in range(60)}]
    flipped = run.random.sample(waiting[1:-1], 3)
    data = bytearray(segment.read_bytes())
    for record in flipped:
        data[record.offset + run.random.randrange(8, 28 + len(record.payload))] ^= 1 << run.random.randrange(8)
    torn = run.random.randrange(1, 28 + len(waiting[-1].payload))
    segment.write_bytes(bytes(data[:-torn]))
    (spool / "retired").write_bytes(bytes(64))  # F06: the state file is NULs: all is sent again
    damaged = set().union(*(_times(r.payload) for r in [*flipped, waiting[-1]]))

    run.edge.start()
    await installation.start_cloud()
    await run.settled()
    run.oracle.acked -= {n for n in range(300) if run.oracle.time_of(n) in damaged}
    verdict = await run.verdict()
    assert_nothing_lost(verdict)
    assert verdict.corrupt_skipped == 3
    assert verdict.torn == 1
    assert verdict.duplicates_seen > 0, "the first 60 were acknowledged once and sent again"


async def test_f06_a_segment_of_zeros_costs_itself_only(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=120, seed=SEED)
    installation.cloud.kill()
    await run.upload(60)
    run.edge.kill()
    spool = installation.folder / GATEWAY / "spool"
    (first,) = sorted(spool.glob("*.seg"))
    gone = set().union(*(_times(r.payload) for r in scan(first.read_bytes()) if isinstance(r, Found)))
    first.write_bytes(bytes(first.stat().st_size))
    run.edge.start()
    await run.upload(120)
    await installation.start_cloud()
    await run.settled()
    run.oracle.acked -= {n for n in range(120) if run.oracle.time_of(n) in gone}
    assert len(run.oracle.acked) == 60
    assert_nothing_lost(await run.verdict())


def _times(payload: bytes) -> set[int]:
    envelope = payload + bytes(32)
    header = read_header(envelope)
    return set(decode_rows(expand(envelope, header), header.readings).time)


async def test_f27_restored_from_a_backup_that_is_too_old(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=300, seed=SEED)
    await run.upload(100)
    await run.settled()
    folder, backup = installation.folder, installation.folder / "backup.tar"
    command = [sys.executable, "-m", "yingzhou"]
    subprocess.run([*command, "backup", "-o", backup, "--data", folder], cwd=REPOSITORY, check=True, timeout=60)
    await run.upload(200)
    await run.settled()
    run.edge.kill()  # what it has acknowledged so far lies in a file of an earlier run
    run.edge.start()
    await run.upload(300)
    await run.settled()
    installation.cloud.stop()
    subprocess.run([*command, "restore", backup, "--data", folder / "new"], cwd=REPOSITORY, check=True, timeout=60)
    config = folder / "cloud.toml"
    config.write_text(config.read_text().replace(f'dir = "{folder}"', f'dir = "{folder}/new"'))
    await installation.start_cloud()
    status = await run.until_status(lambda status: status["resend"]["restored"] is not None)
    assert status["resend"]["envelopes"] > 0
    await run.settled()
    verdict = await run.verdict()
    assert_nothing_lost(verdict)
    assert verdict.duplicates_seen == 0, "what the backup has is not sent again"
    assert not (await installation.get("/api/v1/holes"))["items"]


async def test_f11_a_second_agent_on_the_spool_refuses(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=100, seed=SEED)
    await run.upload(20)
    second = subprocess.run(  # noqa: PLW1510 - see returncode below
        [sys.executable, "-m", "yingzhou", *run.edge.arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert second.returncode == 2
    assert "another agent is using it" in second.stderr
    await run.upload(100)
    await run.settled()
    assert_nothing_lost(await run.verdict())


async def test_f15_broker_killed_under_load(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=400, seed=SEED)

    async def kill() -> None:
        for _ in range(3):
            await asyncio.sleep(run.random.uniform(0.5, 1.5))
            installation.kill_broker()
            await asyncio.sleep(1)
            await installation.cloud_ready()

    await run.upload(400, kill)
    await run.settled()
    assert_nothing_lost(await run.verdict())
    assert await installation.metric("yz_broker_starts_total") == 4


async def test_f16_broker_comes_back_empty(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=300, seed=SEED)

    async def wipe() -> None:
        await asyncio.sleep(1)
        (installation.folder / "broker" / "jetstream").rename(installation.folder / "wiped")  # it still writes there
        installation.kill_broker()
        await asyncio.sleep(1)
        await installation.cloud_ready()

    await run.upload(300, wipe)
    await run.settled()
    assert_nothing_lost(await run.verdict())
    assert await installation.metric("yz_broker_starts_total") == 2


async def test_f18_cut_between_publish_and_puback(installation: Installation) -> None:
    chance = random.Random(SEED)
    async with Proxy(installation.mqtt_port, cut_after_publish=lambda _: chance.random() < 0.2) as proxy:
        run = await Run.prepare(installation, ids=300, seed=SEED, mqtt_port=proxy.port)
        await run.upload(300)
        await run.settled(patience_s=90)
        verdict = await run.verdict()
        verdict.notes["cuts"] = proxy.cuts
        assert_nothing_lost(verdict)
        assert proxy.cuts >= 3
        assert verdict.duplicates_seen > 0


async def test_f24_out_of_order_and_thirty_days_late(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=200, seed=SEED, age_ms=30 * 86_400_000)
    order = list(range(200))
    run.random.shuffle(order)
    times = {number: run.oracle.base_ms + place * 1000 for number, place in enumerate(order)}
    run.oracle.time_of = times.__getitem__  # type: ignore[method-assign] # ids in one order, instants in another
    await run.upload(200)
    await run.settled()
    at = {time_ms: number for number, time_ms in times.items()}
    for series, key in enumerate(run.keys):
        rows = await installation.stored(key)
        assert [time_ms for time_ms, _ in rows] == sorted(at), "each instant once, in order"
        assert all(value == value_of(at[time_ms], series) for time_ms, value in rows)
    latest = await installation.get("/api/v1/latest", property="ph")
    assert latest["items"][0]["value"] == value_of(at[max(at)], 1), (
        "latest is the newest observed, not the last received"
    )


async def test_f25_ingest_killed_in_the_middle(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=400, seed=SEED)

    async def kill() -> None:
        for _ in range(6):
            await asyncio.sleep(run.random.uniform(0.3, 1.2))
            installation.cloud.kill()
            await installation.start_cloud()

    await run.upload(400, kill)
    await run.settled()
    verdict = await run.verdict()
    verdict.kills = 6
    assert_nothing_lost(verdict)


async def test_f28_poison_among_the_good(installation: Installation) -> None:
    run = await Run.prepare(installation, ids=300, seed=SEED)
    other = await installation.add_gateway("gw-poison")
    key = bytes.fromhex(other["hmac_key"])

    async def poison() -> None:
        async with Client(
            "127.0.0.1",
            installation.mqtt_port,
            username=other["username"],
            password=other["password"],
            identifier="gw-poison",
        ) as client:
            topic = "yz/v1/gw-poison/up/batch"
            await client.publish(topic, b"garbage", qos=1)
            await client.publish(topic, bytes(100_000), qos=1)
            header = Header("gw-poison", 5, 0, 3, 0, 0)
            await client.publish(topic, sign(unsigned(header, b"\xff" * 400), key, key_id=other["key_id"]), qos=1)
            await client.publish(topic, sign(unsigned(header._replace(sequence=1), b""), b"wrong", key_id=1), qos=1)
            await client.publish("yz/v1/gw-poison/senml", b'[{"n":"nrn-00000000x/ph","v":NaN}]', qos=1)
            await asyncio.sleep(0.5)

    await run.upload(300, poison)
    await run.settled()
    verdict = await run.verdict()
    assert_nothing_lost(verdict)
    assert verdict.quarantined == 5
    listed = await installation.get("/api/v1/quarantine", limit=10)
    assert {item["reason"] for item in listed["items"]} == {"malformed", "bad_mac"}


async def test_everything_is_there_after_a_second_start(installation: Installation, tmp_path: Path) -> None:
    run = await Run.prepare(installation, ids=150, seed=SEED)
    await run.upload(100)
    await run.settled()
    assert run.edge.stop() == 0
    assert installation.cloud.stop() == 0
    await installation.start_cloud()
    run.edge.start()
    await run.upload(150)
    await run.settled()
    assert_nothing_lost(await run.verdict())


@pytest.fixture(autouse=True)
def _show_the_seed() -> None:
    print(f"seed {SEED}")
