"""Other people's LwM2M clients at our server: npm's coap-node and lwm2m-node-lib register, are observed and set."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.lwm2m.config import Lwm2m
from edge.lwm2m.link import Lwm2mLink
from protocols.vocabulary import SystemClock
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running
from tests.peers.programs import Talker, installed, talking

pytestmark = pytest.mark.peers

DRIVERS = Path(__file__).parent / "npm"
IMEI = "urn:imei:867997030001007"
SOURCE = "imei:867997030001007"


def modules() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("YINGZHOU_NPM_DIR") or cache / "yingzhou" / "peers-npm") / "node_modules"
    assert folder.is_dir(), f"{folder} is not there: run tests/peers/install"
    return folder


@contextmanager
def client(driver: str, port: int | None) -> Iterator[Talker]:
    command = ["/usr/bin/env", f"NODE_PATH={modules()}", installed("node"), str(DRIVERS / driver), str(port), IMEI]
    with talking(command) as talker:
        yield talker


async def until(condition, patience_s: float = 60.0) -> None:
    async with asyncio.timeout(patience_s):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("driver", ["coap_node.js", "lwm2m_node_lib.js"])
async def test_it_registers_is_observed_written_and_leaves(driver: str) -> None:
    link = Lwm2mLink(Lwm2m(kind="lwm2m", name="nb", host="127.0.0.1", port=0, ack_timeout_s=1.0), SystemClock())
    intake = Recorder()

    def told() -> list[tuple[str, float | None]]:
        return [(str(reading.point).removeprefix(f"{SOURCE}/"), reading.value) for reading in intake.readings]

    async with running(link, intake):
        await until(lambda: link.port)
        with client(driver, link.port) as talker:
            await asyncio.to_thread(talker.hear, "registered")
            await until(lambda: link.devices[IMEI].settled)
            print(link.status())
            assert {("air_temperature", 21.5), ("switched_on", 0.0), ("lamp_level", 0.0)} <= set(told())
            talker.process.send_signal(signal.SIGUSR1)
            await until(lambda: ("air_temperature", 22.5) in told())
            assert await link.write(SOURCE, "lamp_level", "", 60) == 60
            assert await link.write(SOURCE, "switched_on", "", 1) == 1
            assert await link.read(SOURCE, "air_temperature", "") == 22.5
            await asyncio.to_thread(talker.end)
            assert "deregistered" in talker.said
        await until(lambda: link.counters["deregistered"] == 1)
