"""Brings pictures to the cloud by HTTP: in pieces, from where the cloud's copy ends, slowly, again and again."""

import asyncio
import logging
import secrets
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import quote

from edge.backoff import Backoff
from edge.cameras.album import Album, Snapshot
from edge.cameras.http import Answer, BadAnswer, Headers, Question, Server, exchange
from protocols.uplink.signed_request import WINDOW_MS, Request, Signature
from protocols.vocabulary import Clock, LinkDown

log = logging.getLogger(__name__)

OFFSET: Final = "upload-offset"
"""The header that says how many bytes the cloud has."""
ASIDE_S: Final = 900.0
"""A picture that the cloud does not take now is left for so long, and the others go on."""
_NEVER: Final = frozenset({413, 415, 422})
_LINK: Final = frozenset({401, 408, 425, 429})
"""Of those from 400 to 499, what another picture would be told, too."""
_DIGITS: Final = 12
"""Of an offset; an endless number is no number."""
_MAX_TURNS: Final = 3
"""So often may the cloud disagree about what it has before the picture is put aside."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Where pictures go, in whose name, and how fast."""

    server: Server
    gateway: str
    key: bytes
    key_id: int
    piece_bytes: int = 65_536
    rate_bytes_per_s: int = 65_536
    timeout_s: float = 60.0


class Refused(Exception):
    """The cloud does not take a picture.

    :param for_good: it never will.
    """

    def __init__(self, status: int, *, for_good: bool) -> None:
        super().__init__(f"the cloud answers {status}")
        self.for_good = for_good


class NotAuthenticated(Exception):
    """The cloud does not know our signature."""


class Courier:
    """``run`` lives until it is cancelled; one picture at a time, the oldest first."""

    def __init__(self, errand: Errand, album: Album, clock: Clock, backoff: Backoff | None = None) -> None:
        self.counts: Counter[str] = Counter()
        """``pieces``, ``bytes``; ``link_down``, ``aside``, ``unauthorized``, ``clock_corrected``, ``disagreed``."""
        self._errand = errand
        self._album = album
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._aside: dict[str, float] = {}
        self._again = ""
        """Name of the picture that is sent once more from its first byte: a power cut may have cost the cloud some."""
        self._ahead_ms = 0
        """The cloud's clock, seen from ours."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            one = self._next()
            if one is None:
                await self._something_to_do()
                continue
            try:
                await self._deliver(one)
                self._backoff.succeeded()
            except Refused as error:
                self._put_off(one, error)
            except NotAuthenticated:
                self.counts["unauthorized"] += 1
                log.warning("pictures: the cloud does not take our signature")
                await self._clock.sleep(self._backoff.next_s(refused=True))
            except (LinkDown, BadAnswer) as error:
                self.counts["link_down"] += 1
                log.info("pictures: %s", error)
                await self._clock.sleep(self._backoff.next_s())

    def _next(self) -> Snapshot | None:
        now_s = self._clock.monotonic_s()
        waiting = self._album.waiting()
        self._aside = {name: until_s for name, until_s in self._aside.items() if until_s > now_s}
        return next((one for one in waiting if one.name not in self._aside), None)

    async def _something_to_do(self) -> None:
        """Until a picture comes, or one that was put aside is due."""
        if not self._aside:
            await self._album.more()
            return
        wait_s = min(self._aside.values()) - self._clock.monotonic_s()
        try:
            async with asyncio.timeout(max(0.01, wait_s)):
                await self._album.more()
        except TimeoutError:
            pass

    def _put_off(self, one: Snapshot, error: Refused) -> None:
        log.warning("picture of %s: %s", one.source, error)
        if error.for_good and self._again != one.name:
            self._again = one.name
        elif error.for_good:
            self._album.refused(one)
        else:
            self.counts["aside"] += 1
            self._aside[one.name] = self._clock.monotonic_s() + ASIDE_S

    async def _deliver(self, one: Snapshot) -> None:
        """Until the cloud has all of it.

        :raises Refused: it does not want it. :raises NotAuthenticated: it does not know us.
        :raises LinkDown: it is not there. :raises BadAnswer: it makes no sense.
        """
        jpeg = self._album.read(one)
        if jpeg is None:
            return
        have = await self._put(one, b"", 0)
        turns = 0
        while have is not None:
            piece = jpeg[have : have + self._errand.piece_bytes]
            began_s = self._clock.monotonic_s()
            now = await self._put(one, piece, have)
            if now is not None and now != have + len(piece):
                turns += 1
                self.counts["disagreed"] += 1
                if turns >= _MAX_TURNS:
                    raise Refused(409, for_good=False)
            have = now
            spent_s = self._clock.monotonic_s() - began_s
            await self._clock.sleep(len(piece) / self._errand.rate_bytes_per_s - spent_s)
        self._album.sent(one)

    async def _put(self, one: Snapshot, piece: bytes, start: int) -> int | None:
        """One piece, or without one the question; gives how much the cloud has, None: all."""
        where = f"bytes {start}-{start + len(piece) - 1}/{one.size}" if piece else f"bytes */{one.size}"
        answer = await self._signed(one, piece, where)
        if answer.status == 401 and self._set_clock(answer):
            answer = await self._signed(one, piece, where)
        if piece:
            self.counts["pieces"] += 1
            self.counts["bytes"] += len(piece)
        if answer.status in {200, 201}:
            return None
        if answer.status in {202, 409}:
            have = answer.header(OFFSET)
            if have.isascii() and have.isdigit() and len(have) <= _DIGITS and int(have) < one.size:
                return int(have)
            raise BadAnswer("not_http", f"{OFFSET} {have[:20]!r}: expected less than {one.size}")
        if answer.status == 401:
            raise NotAuthenticated
        if 400 <= answer.status < 500 and answer.status not in _LINK:
            raise Refused(answer.status, for_good=answer.status in _NEVER)
        raise LinkDown(f"{self._errand.server.authority} answers {answer.status}")

    async def _signed(self, one: Snapshot, piece: bytes, where: str) -> Answer:
        errand = self._errand
        time = datetime.fromtimestamp(one.time_ms / 1000, UTC).isoformat(timespec="milliseconds")
        base = errand.server.base.rstrip("/")
        target = f"{base}/api/v1/pictures/{one.sha256}?neuron={quote(one.source, safe='')}&time={quote(time, safe='')}"
        request = Request("PUT", target, where)
        now_ms = self._clock.now_ms() + self._ahead_ms
        signature = Signature.of(piece, errand.gateway, errand.key_id, now_ms, secrets.token_hex(16))
        headers: Headers = [
            ("Authorization", signature.signed(request, errand.key).authorization()),
            ("Content-Range", where),
            ("Content-Type", "image/jpeg"),
        ]
        return await exchange(errand.server, Question("PUT", target, headers, piece), timeout_s=errand.timeout_s)

    def _set_clock(self, answer: Answer) -> bool:
        """Take the cloud's clock for signing when ours is off by more than it lets pass; whether it was."""
        try:
            told = parsedate_to_datetime(answer.header("date"))
        except (ValueError, OverflowError):
            return False
        ahead_ms = round(told.timestamp() * 1000) - self._clock.now_ms()
        if abs(ahead_ms - self._ahead_ms) < WINDOW_MS // 2:
            return False
        self._ahead_ms = ahead_ms
        self.counts["clock_corrected"] += 1
        return True
