"""Bounded reassembly of block-wise requests (RFC 7959 §2.5, Block1): many senders, little memory."""

from collections import Counter
from collections.abc import Hashable
from typing import Final, NamedTuple

from protocols.vocabulary import Clock

MAX_ASSEMBLIES: Final = 64
MAX_WAIT_S: Final = 93.0
"""RFC 7252 §4.8.2 MAX_TRANSMIT_WAIT: a sender that was silent for longer has given up."""


class BlockGap(Exception):
    """A block that does not follow the one before: 4.08 Request Entity Incomplete."""


class TooLarge(Exception):
    """More bytes than a payload may have: 4.13."""


class _Assembly(NamedTuple):
    payload: bytearray
    touched_s: float
    sender: str


class Blocks:
    """The payloads that are on their way.

    When there are too many, the sender with the most of them loses the one idle for longest, which is counted: who
    begins many and ends none pushes out its own.

    :param limit: bytes of one payload.
    """

    def __init__(self, limit: int, clock: Clock, counters: Counter[str]) -> None:
        self.limit = limit
        self._clock = clock
        self._counters = counters
        self._open: dict[Hashable, _Assembly] = {}

    def whole(self, payload: bytes) -> bytes:
        """A payload that came in one piece.

        :raises TooLarge: it has more bytes than the limit.
        """
        if len(payload) > self.limit:
            raise TooLarge
        return bytes(payload)

    def add(self, key: Hashable, start: int, payload: bytes, *, more: bool, sender: str = "") -> bytes | None:
        """One block; gives the whole payload with the last one, None before.

        :param key: sender and request.
        :param start: offset of the block in the payload, bytes.
        :param sender: whose share of the room it takes.
        :raises BlockGap: it does not begin where the one before ended.
        :raises TooLarge: the payload grows beyond the limit; what was there is forgotten.
        """
        assembly = self._open.pop(key, None)
        held = assembly.payload if assembly is not None and start else bytearray()
        if start != len(held):
            self._counters["block_gap"] += 1
            raise BlockGap
        if start + len(payload) > self.limit:
            raise TooLarge
        held += payload
        if not more:
            return bytes(held)
        now_s = self._clock.monotonic_s()
        self._open[key] = _Assembly(held, now_s, sender)
        self._make_room(now_s)
        return None

    def _make_room(self, now_s: float) -> None:
        """The dictionary is in order of last touch: the first ones are idle for longest."""
        while now_s - next(iter(self._open.values())).touched_s >= MAX_WAIT_S:
            self._give_up(next(iter(self._open)))
        if len(self._open) > MAX_ASSEMBLIES:
            greedy = Counter(assembly.sender for assembly in self._open.values()).most_common(1)[0][0]
            self._give_up(next(key for key, assembly in self._open.items() if assembly.sender == greedy))

    def _give_up(self, key: Hashable) -> None:
        del self._open[key]
        self._counters["block_given_up"] += 1
