"""Fault F19 with delays of 20 s: what an NB-IoT cell without coverage does to datagrams (RFC 7252 §4.8, RFC 7641 §3.4).

A device that wants each notification acknowledged has one on its way at a time (NSTART is 1): at 20 s there and 20 s
back that is three in two minutes, and the rest waits in the device: no server can hurry it. So this one sends them
unconfirmed, but for the last.
"""

import asyncio
import json
from collections import Counter

import pytest
from aiocoap.numbers import codes

from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running
from tests.edge.lwm2m.carrier import Carrier
from tests.edge.lwm2m.node import LwM2mNode
from tests.edge.lwm2m.test_link import IMEI, link_of, settled, told, until

pytestmark = pytest.mark.soak

DELAY_S = 20.0
ACK_TIMEOUT_S = 5.0
"""As the link has it when the configuration says nothing."""
LIMIT_S = 175.0
NOTIFICATIONS = 12


async def test_with_delays_of_20_s_each_value_is_stored_once(capsys):
    link, intake = link_of(ack_timeout_s=ACK_TIMEOUT_S), Recorder()
    loop = asyncio.get_running_loop()
    begin_s = loop.time()
    async with asyncio.timeout(LIMIT_S), running(link, intake):
        await until(lambda: link.port)
        carrier = Carrier(link.port, doubles=0.3, delay_s=DELAY_S)
        node = LwM2mNode({"/3303/0/5700": 0.0}, ack_timeout_s=ACK_TIMEOUT_S)
        async with carrier.open(), node.on(carrier.port):
            assert (await node.register(IMEI, "b=U", "lt=300")).code is codes.CREATED
            await until(lambda: settled(link), LIMIT_S)
            settled_s = loop.time() - begin_s
            node.confirmable, carrier.loss = False, 0.3
            for number in range(1, NOTIFICATIONS + 1):
                node.notify("/3303/0/5700", float(number))
                await asyncio.sleep(1.0)
                if number == NOTIFICATIONS // 2:
                    await carrier.rebind()
            node.confirmable, carrier.loss = True, 0.0
            node.notify("/3303/0/5700", 100.0)
            await until(lambda: told(intake)[-1][1] == 100.0, LIMIT_S)
            stored_s = loop.time() - begin_s
            await asyncio.sleep(
                min(2 * DELAY_S, begin_s + LIMIT_S - 5 - loop.time())
            )  # what was doubled comes until then
            (device,) = link.status().devices
    stored = [value for _, value in told(intake)]
    figures = {
        "sent": NOTIFICATIONS + 1,
        "stored": len(stored) - stored.count(0.0),
        "duplicates_stored": sum(count - 1 for count in Counter(stored).values()),
        "settled_s": round(settled_s, 1),
        "stored_s": round(stored_s, 1),
        "total_s": round(loop.time() - begin_s, 1),
        "carrier": carrier.counts,
        "link": dict(link.counters),
        "device": dict(device.errors),
    }
    with capsys.disabled():
        print(json.dumps(figures))
    assert figures["duplicates_stored"] == 0
    assert stored == sorted(stored)
    assert (link.counters["registered"], device.errors.get("no_answer", 0)) == (1, 0)
