"""Devices that register by OSCORE, against aiocoap's own client and site."""

import json
import socket

import aiocoap
import pytest
from aiocoap.numbers import codes
from aiocoap.numbers.types import NON
from aiocoap.oscore import NotAProtectedMessage

from edge.lwm2m.config import Lwm2mDevice
from edge.lwm2m.link import Lwm2mLink
from protocols.lwm2m import Path
from protocols.vocabulary import ConfigError
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running
from tests.edge.lwm2m.node import LwM2mNode
from tests.edge.lwm2m.test_link import IMEI, LAMP, SOURCE, link_of, settled, told, until


def folder(path, sender: str, recipient: str, mode: int = 0o600, secret: str = "0102030405060708090a0b0c0d0e0f10"):
    path.mkdir()
    for name, content in (
        ("settings.json", {"sender-id_ascii": sender, "recipient-id_ascii": recipient}),
        ("secret.json", {"secret_hex": secret}),
    ):
        (path / name).write_text(json.dumps(content))
        (path / name).chmod(mode)
    return path


def secured(tmp_path, **more) -> Lwm2mLink:
    server = folder(tmp_path / "server", "S", "D", **more)
    link = link_of()
    listed = Lwm2mDevice(endpoint=IMEI, oscore=server)
    return Lwm2mLink(link._config.model_copy(update={"device": (listed,)}))


async def test_a_device_registers_is_observed_and_commanded_by_oscore(tmp_path):
    device = folder(tmp_path / "device", "D", "S")
    link, intake = secured(tmp_path), Recorder()
    async with running(link, intake):
        await until(lambda: link.port)
        async with LwM2mNode(LAMP).secured(link.port, str(device)) as node:
            assert (await node.register(IMEI, "b=U")).code is codes.CREATED
            await until(lambda: settled(link))
            node.notify("/3303/0/5700", 30.0)
            await until(lambda: told(intake)[-1] == (f"{SOURCE}/air_temperature", 30.0))
            assert await link.write(SOURCE, "lamp_level", "", 25) == 25
            assert node.values[Path.parse("/3311/0/5851")] == 25
            assert (await node.update()).code is codes.CHANGED
            (status,) = link.status().devices
            assert "by OSCORE" in status.notes[0]
            async with LwM2mNode(LAMP).on(link.port) as plain:
                assert (await plain.register(IMEI, "b=U")).code is codes.UNAUTHORIZED
                plain.location = node.location
                assert (await plain.update()).code is codes.UNAUTHORIZED
                assert (await plain.register("urn:imei:867997030001008", "b=U", links="</1>")).code is codes.CREATED
            assert (await node.register("urn:imei:867997030001008", "b=U")).code is codes.FORBIDDEN


async def test_who_only_knows_the_token_ends_no_observation(tmp_path):
    device = folder(tmp_path / "device", "D", "S")
    link, intake = secured(tmp_path), Recorder()
    async with running(link, intake):
        await until(lambda: link.port)
        async with LwM2mNode(LAMP).secured(link.port, str(device)) as node:
            await node.register(IMEI, "b=U")
            await until(lambda: settled(link))
            tokens = tuple(link._port.messages.token_manager.listeners)
            assert tokens
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
                for number, token in enumerate(tokens):
                    for code in (codes.NOT_FOUND, codes.CONTENT):
                        forged = aiocoap.Message(code=code, _mtype=NON, _mid=0x7000 + number, _token=token)
                        forger.sendto(forged.encode(), ("127.0.0.1", link.port))
            await until(lambda: link.counters["not_authentic"] >= 2 * len(tokens))
            node.notify("/3303/0/5700", 30.0)
            await until(lambda: told(intake)[-1] == (f"{SOURCE}/air_temperature", 30.0))
            assert tuple(link._port.messages.token_manager.listeners) == tokens


@pytest.mark.parametrize("alias", [IMEI.removeprefix("urn:imei:"), f"{IMEI.removeprefix('urn:imei:')};460001234567890"])
async def test_another_form_of_the_name_is_no_way_past_the_security(tmp_path, alias):
    link, intake = secured(tmp_path), Recorder()
    async with running(link, intake):
        await until(lambda: link.port)
        async with LwM2mNode(LAMP).on(link.port) as plain:
            assert (await plain.register(alias, "b=U")).code is codes.FORBIDDEN
        assert len(link.book.registry) == 0
        assert link.counters["stranger"] == 1


async def test_another_secret_is_no_use(tmp_path):
    device = folder(tmp_path / "device", "D", "S", secret="00" * 16)
    link = secured(tmp_path)
    async with running(link, Recorder()):
        await until(lambda: link.port)
        async with LwM2mNode(LAMP).secured(link.port, str(device)) as node:
            with pytest.raises(NotAProtectedMessage):
                await node.register(IMEI, "b=U")
    assert len(link.book.registry) == 0


async def test_credentials_that_others_may_read_are_refused(tmp_path):
    link = secured(tmp_path, mode=0o644)
    with pytest.raises(ConfigError, match="mode 0644: expected 0600"):
        await link.run(Recorder())
