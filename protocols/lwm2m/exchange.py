"""What a server's book of registrations hears and says: see protocols.lwm2m.registry."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from protocols.lwm2m.registration import Registration, Request

Address = Hashable


class Uplink(NamedTuple):
    """Anything else that a registered client sent: a notification, a Send, a response."""

    endpoint: str


class Heard(NamedTuple):
    """What came, and where from."""

    what: Request | Uplink
    address: Address


@dataclass(frozen=True, slots=True)
class Command:
    """A request that waits until its client can be reached; sent once, and never after its expiry."""

    key: str
    """The caller's name for it."""
    endpoint: str
    expires_s: float
    request: object = None
    """What is to be sent: the caller's own."""


class Standing(NamedTuple):
    """How things are with a registered client."""

    location: str
    """Below the registration interface's own path."""
    address: Address
    """Where its newest packet came from."""
    renewed_s: float
    """When it registered, or updated its registration."""
    heard_s: float
    waiting: int = 0
    """Commands that wait for it."""


class Answer(NamedTuple):
    """The response to the request that was received."""

    code: str
    location: tuple[str, ...] = ()
    """Segments of the Location-Path."""
    diagnostic: str = ""


class Deliver(NamedTuple):
    """Send this command now, to where its client was heard last; tell ``settled`` how it ended."""

    command: Command
    address: Address


class Undelivered(NamedTuple):
    """A command that is not sent any more, or never was."""

    command: Command
    why: Literal["expired", "gone", "full"]


class Gone(NamedTuple):
    """A registration has ended, and with it the observations that were asked for under it."""

    registration: Registration
    why: Literal["deregistered", "expired", "replaced"]


Said = Answer | Deliver | Undelivered | Gone
