"""What the conversations of all wire formats have in common: told what came and what time it is, they say what to do.

A conversation has no I/O and no clock. Whoever runs one sends what it says, wakes it when it wants to be woken, and is
told the outcome as values of the wire format's own. Both ends of a wire are conversations; a test lets them talk.
"""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

Frame = TypeVar("Frame")
Heard_contra = TypeVar("Heard_contra", contravariant=True)
Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Send(Generic[Frame]):
    """To be sent to the other end now."""

    frame: Frame


class Conversation(Protocol[Heard_contra, Said]):
    """One end of a wire. ``Said`` is ``Send`` of a frame, or an outcome of the wire format's own."""

    @property
    def due_s(self) -> float | None:
        """When it wants to be woken, on the monotonic clock that is handed in; None: it waits for nothing."""
        ...

    def receive(self, frame: Heard_contra, now_s: float) -> list[Said]:
        """A frame came."""
        ...

    def wake(self, now_s: float) -> list[Said]:
        """Time passed: repeat, or give up, what was not answered; nothing when it is not due."""
        ...
