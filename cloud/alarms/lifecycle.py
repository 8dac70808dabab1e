"""The states of an alarm and what leads from one to the next (ISA-18.2; side states are not among them)."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Of the alarm, not of the process: an alarm that cleared unseen still waits for somebody."""

    NORMAL = "normal"
    ACTIVE_UNACKED = "active_unacked"
    ACTIVE_ACKED = "active_acked"
    CLEARED_UNACKED = "cleared_unacked"


class Event(StrEnum):
    """What happens to an alarm; also the second half of the type of the message that tells of it."""

    RAISED = "raised"
    CLEARED = "cleared"
    ACKNOWLEDGED = "acknowledged"


_NEXT: Final[dict[tuple[State, Event], State]] = {
    (State.NORMAL, Event.RAISED): State.ACTIVE_UNACKED,
    (State.CLEARED_UNACKED, Event.RAISED): State.ACTIVE_UNACKED,
    (State.ACTIVE_UNACKED, Event.CLEARED): State.CLEARED_UNACKED,
    (State.ACTIVE_ACKED, Event.CLEARED): State.NORMAL,
    (State.ACTIVE_UNACKED, Event.ACKNOWLEDGED): State.ACTIVE_ACKED,
    (State.CLEARED_UNACKED, Event.ACKNOWLEDGED): State.NORMAL,
}


def after(state: State, event: Event) -> State | None:
    """The state that follows; None when the event means nothing in this state."""
    return _NEXT.get((state, event))


def is_active(state: State) -> bool:
    """Whether the condition holds."""
    return state in {State.ACTIVE_UNACKED, State.ACTIVE_ACKED}
