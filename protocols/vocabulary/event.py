"""What is no number: a lamp fault, a door, a local alarm, a configuration that was applied, a picture taken."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from protocols.vocabulary.errors import ProtocolError

MAX_EVENT: Final = 16_384
"""Bytes of one event as JSON."""
_KIND = re.compile(r"[a-z][a-z0-9_]{0,47}(?:\.[a-z][a-z0-9_]{0,47}){0,3}")
_SOURCE = re.compile(r"[!-~]{1,200}")
_LATEST_MS: Final = 253_402_300_799_999

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at one instant, once.

    :raises ValueError: source, kind or time are none; the message names which.
    """

    source: str
    """A neuron identifier, a hardware identity ``scheme:value``, or the gateway's own name."""
    kind: str
    """Words of a-z, 0-9 and _, parted by dots, from the general to the special: ``alarm.raised``, ``picture.taken``."""
    time: int
    """When it happened: UTC, ms since 1970-01-01."""
    data: Mapping[str, Scalar] = field(default_factory=dict)
    """What else there is to say; flat, so that it can be listed in a table."""

    def __post_init__(self) -> None:
        if _SOURCE.fullmatch(self.source) is None:
            raise ValueError(f"event source {self.source!r:.60}: expected 1 to 200 printable ASCII characters")
        if _KIND.fullmatch(self.kind) is None:
            raise ValueError(f"event kind {self.kind!r:.60}: expected words of a-z, 0-9 and _, parted by dots")
        if not 0 <= self.time <= _LATEST_MS:
            raise ValueError(f"event time {self.time}: expected ms between 1970 and 9999")

    def encode(self) -> bytes:
        """One line of JSON (UTF-8, no line end).

        :raises ValueError: longer than MAX_EVENT, or a number that JSON cannot say.
        """
        told = {"source": self.source, "kind": self.kind, "time": self.time, "data": dict(self.data)}
        line = json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        if len(line) > MAX_EVENT:
            raise ValueError(f"event of {len(line)} bytes, {MAX_EVENT} are allowed")
        return line

    @classmethod
    def decode(cls, line: bytes) -> Self:
        """The inverse.

        :raises ProtocolError: it is no event.
        """
        if len(line) > MAX_EVENT:
            raise ProtocolError(f"event of {len(line)} bytes, {MAX_EVENT} are allowed", line[:64])
        try:
            told = json.loads(line, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"event: {error!s:.80}", line[:64]) from None
        match told:
            case {"source": str(source), "kind": str(kind), "time": int(time), "data": dict(data), **rest} if (
                not rest and not isinstance(time, bool)
            ):
                pass
            case _:
                raise ProtocolError("event: expected source, kind, time and data", line[:64])
        if not all(isinstance(value, str | int | float | None) for value in data.values()):
            raise ProtocolError("event: data holds more than texts, numbers, true, false and null", line[:64])
        try:
            return cls(source, kind, time, data)
        except ValueError as error:
            raise ProtocolError(str(error), line[:64]) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
