"""A subscriber that only counts, for bench/ingest.py: port, user, password, how many; says "ready" and "done"."""

import asyncio
import sys

import uvloop

from cloud.broker.line import Endpoint, Inbound
from cloud.broker.session import BrokerSession
from protocols.vocabulary import SystemClock


async def main() -> None:
    port, user, password, expected = sys.argv[1:]
    done = asyncio.Event()
    seen = 0

    def count(message: Inbound) -> None:
        nonlocal seen
        message.settle()
        seen += 1
        if seen == int(expected):
            done.set()

    session = BrokerSession(
        Endpoint("127.0.0.1", int(port), user, password),
        "bench-count",
        [("bench/+/up", 1)],
        count,
        SystemClock(),
        greet=lambda: print("ready", flush=True),
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(session.run())
        async with asyncio.timeout(120):
            await done.wait()
        print("done", flush=True)
        running.cancel()


if __name__ == "__main__":
    uvloop.run(main())
