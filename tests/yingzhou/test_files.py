"""The configurations that up writes."""

from pathlib import Path

from edge.config import load
from edge.links.coap_config import Coap
from edge.links.hj212_config import Hj212Tcp
from edge.links.sl651_config import Sl651Tcp
from edge.lwm2m.config import Lwm2m
from simulators.layout import layout
from yingzhou.files import gateway_toml, links
from yingzhou.ports import Ports

NEURONS = 10_000
REMEMBERED_S = 247
"""So long a request is remembered (RFC 7252 section 4.8.2)."""


def test_every_device_of_a_large_island_finds_room_at_its_gateway(tmp_path: Path) -> None:
    plans = layout(NEURONS, 1)
    ports = Ports(api=1, mqtt=2, hj212=3, sl651=4, coap=5, lwm2m=6, lines={})
    credentials = {"username": "u", "key_id": 1, "password_file": tmp_path / "p", "hmac_key_file": tmp_path / "k"}
    count = {wire: sum(plan.wire == wire for plan in plans) for wire in ("hj212-tcp", "sl651-tcp", "coap", "lwm2m")}
    found = set()
    for gateway in ("gw-hj212", "gw-sl651", "gw-coap"):
        path = tmp_path / f"{gateway}.toml"
        path.write_text(gateway_toml(gateway, credentials, ports, links(gateway, plans, {}, ports)))
        for link in load(path).link:
            found.add(link.kind)
            if isinstance(link, Hj212Tcp | Sl651Tcp):
                assert link.max_connections >= len(link.device) == count[link.kind]
            elif isinstance(link, Coap | Lwm2m):
                said_s = 15 if isinstance(link, Coap) else 2
                """One message in so many seconds."""
                limits = link.limits.limits()
                assert limits.datagrams_per_s >= count[link.kind] / said_s
                assert limits.exchanges >= limits.exchanges_per_network >= count[link.kind] * REMEMBERED_S / 15
            if isinstance(link, Lwm2m):
                assert min(link.max_registrations, limits.registrations_per_network) >= count["lwm2m"]
    assert found == count.keys()
