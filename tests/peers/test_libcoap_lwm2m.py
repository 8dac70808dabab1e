"""A registration as libcoap's client sends it, in one piece and in blocks."""

import asyncio

import pytest

from edge.lwm2m.config import Lwm2m
from edge.lwm2m.link import Lwm2mLink
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running, until
from tests.peers.programs import run

pytestmark = pytest.mark.peers


async def post(uri: str, *arguments: str) -> str:
    done = await asyncio.to_thread(run, "coap-client-notls", "-v", "6", "-B", "9", *arguments, uri)
    return done.stdout + done.stderr


@pytest.mark.parametrize("block", ["16", "1024"])
async def test_it_registers_updates_and_leaves(block: str) -> None:
    link = Lwm2mLink(Lwm2m(kind="lwm2m", name="nb", host="127.0.0.1", port=0))
    links = ",".join(f"</3303/{number}>" for number in range(20))
    async with running(link, Recorder()):
        await until(lambda: link.port)
        base = f"coap://127.0.0.1:{link.port}"
        query = "ep=urn:imei:867997030001007&lt=300&lwm2m=1.0&b=UQ"
        said = await post(f"{base}/rd?{query}", "-m", "post", "-t", "40", "-b", block, "-e", links)
        assert " c:2.01 " in said, said
        registration = link.book.registration("urn:imei:867997030001007")
        assert registration is not None
        assert len(registration.offer.instances) == 20
        standing = link.book.registry.standing("urn:imei:867997030001007")
        assert standing is not None
        location = f"{base}/rd/{standing.location}"
        assert " c:2.04 " in await post(f"{location}?lt=600", "-m", "post")
        assert " c:2.02 " in await post(location, "-m", "delete")
        assert "4.04" in await post(location, "-m", "delete")
        assert "4.00" in await post(f"{base}/rd?lt=300", "-m", "post", "-t", "40", "-e", links)
