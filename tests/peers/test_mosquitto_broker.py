"""The cloud with somebody's own broker: Debian's Mosquitto, with passwords and topic rules, killed and forgetful."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.peers.mosquitto import InstallationWithMosquitto, Mosquitto, processes_named
from tests.peers.programs import talking, until
from tests.peers.stranger import Stranger
from tests.system.processes import Process
from tests.system.run import Run, assert_nothing_lost

pytestmark = pytest.mark.peers

BASE_S = 1_795_000_000
IDS = 240


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with Mosquitto(folder) as broker:
        yield broker


@pytest.fixture
def installation(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[InstallationWithMosquitto]:
    one = InstallationWithMosquitto(tmp_path, mosquitto=mosquitto)
    try:
        yield one
    finally:
        one.close()


async def test_the_broker_is_killed_and_comes_back_empty_and_nothing_is_lost(
    installation: InstallationWithMosquitto, mosquitto: Mosquitto
) -> None:
    mosquitto.start()
    run = await Run.prepare(installation, ids=IDS, seed=20261123)
    assert installation.cloud.running
    assert processes_named("nats-server", installation.cloud.running.pid) == [], "our own broker is not started"

    async def faults() -> None:
        for share in (0.2, 0.5, 0.8):
            while len(run.oracle.acked) < share * IDS:
                await asyncio.sleep(0.02)
            mosquitto.kill()
            await asyncio.sleep(run.random.random())  # readings are taken while nobody is there
            mosquitto.start()

    await run.upload(IDS, faults)
    await run.settled()
    verdict = await run.verdict()
    assert mosquitto.starts == 4
    assert_nothing_lost(verdict)
    assert verdict.stored == IDS * 3


@pytest.mark.parametrize("end", [Process.stop, Process.kill], ids=["stopped", "killed"])
async def test_what_is_published_while_the_cloud_is_away_is_there_when_it_is_back(
    installation: InstallationWithMosquitto, mosquitto: Mosquitto, end: Callable[[Process], None]
) -> None:
    mosquitto.start()
    await installation.start_cloud()
    stranger = await Stranger.enrolled(installation, "gw-1")
    key = (await installation.add_neuron("gw-1", ("water_level",), "serial", "A"))["id"] + "/water_level"

    def pack(number: int) -> str:
        return json.dumps([{"n": "serial:A/water_level", "t": BASE_S + number, "u": "m", "v": number}])

    assert stranger.publish(pack(0)) == 0
    await until(lambda: installation.stored(key), lambda rows: len(rows) == 1)
    end(installation.cloud)
    for number in (1, 2, 3):
        assert stranger.publish(pack(number)) == 0
    await installation.start_cloud()
    rows = await until(lambda: installation.stored(key), lambda rows: len(rows) == 4)
    assert rows == [((BASE_S + number) * 1000, float(number)) for number in range(4)]


async def test_a_retained_pack_is_not_a_new_reading_at_every_start(
    installation: InstallationWithMosquitto, mosquitto: Mosquitto
) -> None:
    """The broker hands its retained copy out at each subscription; without a time of its own it is of no known time."""
    mosquitto.start()
    await installation.start_cloud()
    stranger = await Stranger.enrolled(installation, "gw-1")
    key = (await installation.add_neuron("gw-1", ("water_level",), "serial", "A"))["id"] + "/water_level"
    assert stranger.publish('[{"n": "serial:A/water_level", "v": 1}]', "-r") == 0
    first = await until(lambda: installation.stored(key), bool)
    assert installation.cloud.stop() == 0
    await installation.start_cloud()
    late = {"n": "serial:A/water_level", "t": BASE_S, "v": 2}
    assert stranger.publish(json.dumps([late])) == 0  # comes behind the retained one
    rows = await until(lambda: installation.stored(key), lambda rows: (BASE_S * 1000, 2.0) in rows)
    assert rows == [(BASE_S * 1000, 2.0), *first]


async def test_the_cloud_may_start_before_its_broker(
    installation: InstallationWithMosquitto, mosquitto: Mosquitto
) -> None:
    installation.cloud.start()

    async def ready() -> httpx.Response | None:
        try:
            async with httpx.AsyncClient() as probe:
                return await probe.get(f"http://127.0.0.1:{installation.api_port}/readyz")
        except httpx.TransportError:
            return None

    answer = await until(ready, lambda found: found is not None)
    assert answer is not None
    assert answer.status_code == 503
    assert "broker" in answer.text
    mosquitto.start()
    await installation.cloud_ready()


async def test_the_rules_of_the_guide_keep_gateways_apart(
    installation: InstallationWithMosquitto, mosquitto: Mosquitto
) -> None:
    mosquitto.start()
    await installation.start_cloud()
    own = await Stranger.enrolled(installation, "gw-own")
    other = await Stranger.enrolled(installation, "gw-other")
    key = (await installation.add_neuron("gw-own", ("water_level",), "serial", "A"))["id"] + "/water_level"
    forged, honest = (json.dumps([{"n": key, "t": BASE_S + number, "v": number}]) for number in (0, 1))
    with talking(other.subscribing(["#", "yz/v1/gw-own/senml", "yz/v1/gw-own/down/#"])) as subscribed:
        subscribed.hear("Subscribed")  # Mosquitto grants it and delivers nothing
        other.publish(forged, topic=own.door)
        assert own.publish(honest) == 0
        assert await until(lambda: installation.stored(key), bool) == [((BASE_S + 1) * 1000, 1.0)]
        heard = subscribed.end()
    assert not [line for line in heard if "PUBLISH" in line]


@pytest.mark.parametrize("vouched", [True, False])
async def test_a_broker_behind_tls(tmp_path: Path, vouched: bool) -> None:
    """What has come while the cloud was away arrives in few, large TLS records; none of it may lie in one unseen."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    with Mosquitto(folder, tls=True) as mosquitto, ExitStack() as stack:
        mosquitto.start()
        installation = InstallationWithMosquitto(tmp_path, mosquitto=mosquitto)
        stack.callback(installation.close)
        if not vouched:
            text = (tmp_path / "cloud.toml").read_text()
            (tmp_path / "cloud.toml").write_text(text.replace(f'ca_file = "{mosquitto.ca_file}"\n', ""))
            installation.cloud.start()
            await until(refusal(installation), bool)
            return
        await installation.start_cloud()
        given = await installation.add_gateway("gw-1")
        stranger = Stranger("gw-1", mosquitto.port, given["username"], given["password"], str(mosquitto.ca_file))
        key = (await installation.add_neuron("gw-1", ("water_level",), "serial", "A"))["id"] + "/water_level"
        assert installation.cloud.stop() == 0
        lines = "".join(f'[{{"n": "serial:A/water_level", "t": {BASE_S + n}, "v": {n}}}]\n' for n in range(500))
        (tmp_path / "lines").write_text(lines)
        assert stranger.publish_lines(tmp_path / "lines") == 0
        await installation.start_cloud()
        rows = await until(lambda: installation.stored(key), lambda rows: len(rows) == 500)
        assert rows == [((BASE_S + n) * 1000, float(n)) for n in range(500)]


def refusal(installation: InstallationWithMosquitto) -> Callable[[], Awaitable[bool]]:
    """Whether the cloud has said why it does not trust the broker."""

    async def ask() -> bool:
        return "certificate verify failed" in installation.cloud.tail()

    return ask
