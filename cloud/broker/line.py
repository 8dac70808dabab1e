"""How messages come from a broker, whichever it is and however many workers share it."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A broker and who we are there."""

    host: str
    port: int
    username: str
    password: str
    tls: ssl.SSLContext | None = None
    others: tuple[tuple[str, int], ...] = ()
    """Further nodes of its cluster, taken in turn when one does not answer."""

    @property
    def nodes(self) -> tuple[tuple[str, int], ...]:
        """All of them."""
        return ((self.host, self.port), *self.others)


class Inbound(NamedTuple):
    """A message that the broker keeps until it is settled (QoS 1)."""

    topic: str
    payload: bytes
    retained: bool
    settle: Callable[[], None]
    again: bool = False
    """It was given to a worker before, who may have come as far as the store with it."""


class Line(Protocol):
    """Where messages come from; ``run`` lives until it is cancelled and connects again when it must."""

    connected: asyncio.Event
    connects: int

    async def run(self) -> None: ...

    def hold(self, *, back: bool) -> None:
        """Take no more for now, or go on."""
        ...
