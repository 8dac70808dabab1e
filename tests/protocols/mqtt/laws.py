"""MQTT as a client receives it: no law but the reader's, for no broker's packet is ever written by us."""

from functools import partial
from typing import Any

from protocols.mqtt import PacketReader, Version, publish, received
from tests.protocols.codec import Laws


def _stream(version: Version, data: bytes) -> list[Any]:
    """All packets of a stream."""
    reader = PacketReader(1 << 16)
    reader.feed(data)
    return [received(version, *one) for one in reader.packets()]


LAWS = Laws(
    readers={f"mqtt {version.name}": partial(_stream, version) for version in Version},
    golden=[
        bytes.fromhex("20020100"),
        bytes.fromhex("2009000006210014130007"),
        bytes.fromhex("4004000a1000"),
        bytes.fromhex("9005000a00018f"),
        bytes.fromhex("d000e0078b051f00026279"),
        publish(Version.V311, "yz/v1/gw-1/up/batch", bytes(range(40)), packet_id=7),
        publish(Version.V5, "a/b", b"x", packet_id=65_535, retain=True),
    ],
)
