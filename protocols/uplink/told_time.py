"""The cloud's time as it answers a gateway's status (docs/uplink.md §7.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from protocols.vocabulary.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class ToldTime:
    """What time it was in the cloud when a status came."""

    asked: int
    """``at_ms`` of that status, by which the gateway knows to what it is the answer."""
    time: int
    """ms UTC, by the cloud's clock."""

    def body(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"asked": self.asked, "time": self.time}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """The inverse of ``body``.

        :raises ProtocolError: it is none.
        """
        match dict(body):
            case {"asked": int(asked), "time": int(time), **rest} if not rest and type(asked) is type(time) is int:
                return cls(asked, time)
        raise ProtocolError("time: expected asked and time, integer ms")
