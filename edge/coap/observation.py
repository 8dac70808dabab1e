"""A resource that is observed (RFC 7641): notifications by token, each kept once, acknowledged when it is on disk."""

import asyncio
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

from aiocoap.error import Error as CoapError
from aiocoap.numbers.types import ACK

from edge.coap.guard import EXCHANGE_LIFETIME_S
from protocols.coap import Message, Type
from protocols.coap.observe import Observations
from protocols.coap.options import OBSERVE, Option
from protocols.vocabulary import Clock, LinkDown

MAX_RECENT: Final = 16
"""Message numbers of one observation that are remembered; a notification that comes again is not taken again."""


class Taker(Protocol):
    """Whoever wants the notifications."""

    def taken(self, observation: "Observation", message: Any, *, newer: bool) -> "asyncio.Future[None] | None":
        """A notification, or the first answer.

        :param newer: False: it was overtaken by another on its way.
        :returns: done once what it said is on disk; None: it said nothing.
        """
        ...

    def ended(self, observation: "Observation", code: str) -> None:
        """The device observes no longer."""
        ...


class _Recent(NamedTuple):
    at_s: float
    newer: bool
    kept: "asyncio.Future[None] | None"


class Observation:
    """Implements edge.coap.messages.Listener; begins with being asked for, ends with :meth:`end`.

    :param what: the caller's own, such as device and path.
    :param book: all observations of a port.
    """

    def __init__(self, what: Any, taker: Taker, book: Observations[Any], clock: Clock, counters: Counter[str]) -> None:
        self.what = what
        self.token = secrets.token_bytes(8)
        self.remote: Any = None
        """Where it was asked for."""
        self.heard_s = clock.monotonic_s()
        """When something came last."""
        self.open: Callable[[Any], Any] | None = None
        """Takes the protection off an answer; None: there is none."""
        self._taker = taker
        self._book = book
        self._clock = clock
        self._counters = counters
        self.accepted = False
        """Whether a first answer came that was no error."""
        self._first: asyncio.Future[Any] | None = None
        self._recent: OrderedDict[tuple[bool, int], _Recent] = OrderedDict()

    def asked(self, remote: Any) -> "asyncio.Future[Any]":
        """It is asked for, at this address; gives the first answer, or fails with LinkDown.

        :raises ProtocolError: there are too many observations.
        """
        self.remote = remote
        self._first = asyncio.get_running_loop().create_future()
        self._book.begin(self.token, self.what, self._clock.monotonic_s())
        return self._first

    def resumed(self, remote: Any, token: bytes) -> None:
        """An earlier run asked for it, with this token.

        :raises ProtocolError: there are too many observations.
        """
        self.token, self.remote, self.accepted = token, remote, True
        self._book.begin(token, self.what, self._clock.monotonic_s())

    def heard(self, message: Any) -> "asyncio.Future[None] | None":
        now_s = self._clock.monotonic_s()
        number = (message.mtype is ACK, message.mid)  # an acknowledgement has our number, anything else the device's
        plain = message
        recent = self._recent.get(number)
        if recent is not None and now_s - recent.at_s < EXCHANGE_LIFETIME_S:
            self._counters["notification_repeated"] += 1
            if not _failed(recent.kept):
                return recent.kept
            newer = recent.newer
            plain = self._opened(message)
        else:
            plain = self._opened(message)
            if plain is None and not self.accepted:
                plain = message  # a device that has lost its context says so without protection (RFC 8613 §8.2)
            if plain is None:
                return None  # whoever knows the token: nothing ends by that
            notified = self._book.receive(_plain(message, plain), now_s)
            if notified is None or notified.verdict == "ended":
                self._answer_first(plain)
                self._taker.ended(self, str(plain.code.dotted))
                return None
            newer = notified.verdict == "newer"
        if plain is None or (plain is message and self.open is not None):
            return None
        self.heard_s = now_s
        self.accepted = True
        kept = self._taker.taken(self, plain, newer=newer)
        self._recent[number] = _Recent(now_s, newer, kept)
        self._recent.move_to_end(number)
        if len(self._recent) > MAX_RECENT:
            self._recent.popitem(last=False)
        self._answer_first(plain)
        return kept

    def _opened(self, message: Any) -> Any:
        """Without its protection; None when it is somebody else's, or a repeated one."""
        if self.open is None:
            return message
        try:
            return self.open(message)
        except CoapError:
            self._counters["not_authentic"] += 1
            return None

    def failed(self, error: Exception) -> None:
        if self._first is not None and not self._first.done():
            self._first.set_exception(LinkDown(f"no answer: {error}"))

    def end(self) -> None:
        """Nothing more is taken of it."""
        self._book.end(self.token)
        self.failed(LinkDown("it is not wanted any more"))

    def _answer_first(self, message: Any) -> None:
        if self._first is not None and not self._first.done():
            self._first.set_result(message)


def _failed(kept: "asyncio.Future[None] | None") -> bool:
    return kept is not None and kept.done() and (kept.cancelled() or kept.exception() is not None)


def _plain(message: Any, inner: Any) -> Message:
    """As protocols.coap has it, as far as Observe goes.

    :param inner: the same without its protection: what counts is its code and the number that was protected.
    """
    sequence = inner.opt.observe
    options = () if sequence is None else (Option(OBSERVE, (sequence & 0xFF_FFFF).to_bytes(3)),)
    return Message(Type(int(message.mtype)), int(inner.code), message.mid, message.token, options)
