"""What the cloud tells gateways after it was restored from a backup: what it holds now (docs/uplink.md §7.6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from protocols.vocabulary.errors import ProtocolError
from protocols.vocabulary.ranges import RangeSet

MOST_RANGES: Final = 20_000
"""In one message, where an epoch counts as three more; what is left out is sent again without need, and known there."""
_ROW: Final = 3


@dataclass(frozen=True, slots=True)
class Resend:
    """Send again what of yours is not among these, as far as it is still there."""

    restored: int
    """ms UTC, by the cloud's clock: which restore it was. Who has answered this one need not do so again."""
    held: Mapping[tuple[int, int], RangeSet]
    """(stream, epoch) -> sequence numbers that the store holds."""

    def body(self) -> dict[str, Any]:
        """As JSON has it; the newest epochs when there are too many ranges."""
        told, left = [], MOST_RANGES
        for (stream, epoch), ranges in sorted(self.held.items(), key=lambda one: one[0][1], reverse=True):
            left -= len(ranges) + _ROW
            if left < 0:
                break
            told.append({"stream": stream, "epoch": str(epoch), "ranges": [list(span) for span in ranges]})
        return {"restored": self.restored, "held": told}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """The inverse of ``body``.

        :raises ProtocolError: it is none.
        """
        match dict(body):
            case {"restored": int(restored), "held": list(rows), **rest} if not rest and type(restored) is int:
                return cls(restored, dict(map(_held, rows)))
        raise ProtocolError("resend: expected restored, integer ms, and held, a list")


def _held(row: object) -> tuple[tuple[int, int], RangeSet]:
    match row:
        case {"stream": 1 | 2 as stream, "epoch": str(epoch), "ranges": list(ranges), **rest} if (
            not rest and epoch.isascii() and epoch.isdigit() and len(epoch) < 20
        ):
            try:
                return (int(stream), int(epoch)), RangeSet((_number(first), _number(last)) for first, last in ranges)
            except (TypeError, ValueError) as error:
                raise ProtocolError(f"resend: ranges of epoch {epoch}: {error}") from None
    raise ProtocolError("resend: expected stream, epoch and ranges in each row of held")


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError("expected whole numbers")
    return value
