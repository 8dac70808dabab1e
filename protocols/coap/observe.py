"""Notifications of observed resources: which one is newer (RFC 7641 §3.4), and whose a notification is."""

from dataclasses import dataclass
from typing import Final, Generic, Literal, NamedTuple, TypeVar

from protocols.coap.codes import is_response
from protocols.coap.message import Message
from protocols.coap.options import OBSERVE
from protocols.vocabulary.errors import ProtocolError

Key = TypeVar("Key")

FRESH_AGAIN_S: Final = 128
"""After this long any sequence number counts as newer."""
_HALF: Final = 1 << 23


def is_newer(last: int, last_s: float, sequence: int, now_s: float) -> bool:
    """Whether a notification is newer than the newest one so far: RFC 7641 §3.4.

    :param last: the 24-bit Observe value of the newest one so far, and ``last_s`` when it came.
    :param sequence: the Observe value of the one that came at ``now_s``, seconds on the same clock.
    """
    if now_s > last_s + FRESH_AGAIN_S:
        return True
    ahead = sequence - last
    return 0 < ahead < _HALF or ahead < -_HALF


@dataclass(slots=True)
class _Observed(Generic[Key]):
    key: Key
    last: int | None
    last_s: float


class Notified(NamedTuple, Generic[Key]):
    """Whose notification it was, and what to do with it."""

    key: Key
    verdict: Literal["newer", "older", "ended"]
    """``older``: it was overtaken on its way, its value is history. ``ended``: the device observes no longer."""


class Observations(Generic[Key]):
    """The observations that a server asked for, by their tokens, which it makes unique among all devices.

    A device that slept comes back with another port, so that its address says nothing.

    A notification belongs to the token that it carries. Its Observe option says only how new it is: Quectel's BC68
    leaves it out after the first answer, and such a notification is taken in the order in which it came.

    :param limit: how many there may be.
    """

    __slots__ = ("_by_token", "limit")

    def __init__(self, limit: int = 10_000) -> None:
        self.limit = limit
        self._by_token: dict[bytes, _Observed[Key]] = {}

    def __len__(self) -> int:
        return len(self._by_token)

    def begin(self, token: bytes, key: Key, now_s: float) -> None:
        """An observation was asked for with this token; ``key`` is the caller's own, such as endpoint and path.

        :raises ProtocolError: the table is full.
        """
        if token not in self._by_token and len(self._by_token) >= self.limit:
            raise ProtocolError(f"observations: {self.limit} are open, no more are taken")
        self._by_token[token] = _Observed(key, None, now_s)

    def end(self, token: bytes) -> None:
        """It was cancelled, or its device is gone."""
        self._by_token.pop(token, None)

    def receive(self, message: Message, now_s: float) -> Notified[Key] | None:
        """A response came; None when its token is not that of an observation: answer RST if it was a CON or NON.

        An error response ends the observation (RFC 7641 §4.2). An Observe option of a wrong length counts as absent.
        """
        known = self._by_token.get(message.token)
        if known is None or not is_response(message.code):
            return None
        if message.code >> 5 != 2:
            del self._by_token[message.token]
            return Notified(known.key, "ended")
        values = message.values(OBSERVE)
        sequence = int.from_bytes(values[0]) if values and len(values[0]) <= 3 else None
        if sequence is not None and known.last is not None and not is_newer(known.last, known.last_s, sequence, now_s):
            return Notified(known.key, "older")
        if sequence is not None:
            known.last, known.last_s = sequence, now_s
        return Notified(known.key, "newer")
