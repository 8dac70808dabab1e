"""An answer that goes on: events to one client, who is let go when he does not read them."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from fastapi import Response
from starlette.types import Receive, Scope, Send

from cloud.api.feed import Feed
from cloud.api.head import HANG_UP

log = logging.getLogger(__name__)

STUCK_S: Final = 30.0
"""Who has not taken an event for so long is let go."""
LASTS_S: Final = 900.0
"""Then the client comes again by itself, and what his key may see is looked at anew."""


class EventStream(Response):
    """Sends what comes, until the client goes, is stuck, or a quarter of an hour is over."""

    media_type = "text/event-stream"

    def __init__(
        self, feed: Feed, following: Counter[str], name: str, events: Callable[[], AsyncIterator[bytes]]
    ) -> None:
        super().__init__(None, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._feed = feed
        self._following = following
        self._name = name
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See Starlette."""
        self._feed.counts.following += 1
        self._following[self._name] += 1
        try:
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(self._send(scope, send))
                gone = group.create_task(_disconnected(receive))
                await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
                sending.cancel()
                gone.cancel()
        finally:
            self._feed.counts.following -= 1
            self._following[self._name] -= 1
            self._following += Counter()  # forgets who follows nothing any more

    async def _send(self, scope: Scope, send: Send) -> None:
        start: dict[str, Any] = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        loop = asyncio.get_running_loop()
        ends_s = loop.time() + LASTS_S
        async for event in self._events():
            try:
                async with asyncio.timeout(STUCK_S):
                    await send({"type": "http.response.body", "body": event, "more_body": True})
            except TimeoutError:
                self._feed.counts.dropped += 1
                log.warning("a stream of %s is closed: nothing was read for %g s", self._name, STUCK_S)
                # closing would wait until he has read what is on its way: at a byte a second for days
                if (hang_up := scope.get("extensions", {}).get(HANG_UP)) is not None:
                    hang_up["call"]()
                return
            if loop.time() > ends_s:
                break
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
