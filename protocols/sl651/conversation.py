"""What both ends of the line say beside frames, and the two clocks they are told (SL 651-2014 §6.3)."""

from dataclasses import dataclass

from protocols.sl651.frame import Frame
from protocols.sl651.messages import Command
from protocols.sl651.times import send_stamp

REPEATS = 2
"""After the first attempt (§6.3.2.3)."""
STAY_S = 600.0
"""How long a station stays on the line after ESC without a command (Table 10)."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A frame that is not answered, and why."""

    frame: Frame
    reason: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The centre has a whole message: store it, then say so by ``confirm``."""

    message: Frame
    """Joined, when it came in packets."""
    total: int | None
    """Of how many packets it was made; None: of none."""
    answers: Command | None
    """The command that it answers, if it was asked for."""


@dataclass(frozen=True, slots=True)
class KeptAlive:
    """A station says that it is there (2F); there is no answer."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A command was sent, and repeated, and nobody answered."""

    command: Command


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Packets of a message did not come, and were asked for in vain."""

    station: str
    function: int
    total: int
    missing: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A centre wants something: answer it by ``answer``."""

    query: Frame


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The centre has a message."""

    message: Frame


@dataclass(frozen=True, slots=True)
class GaveUp:
    """Nobody confirmed; these messages, the first of which was sent, are to be reported another time."""

    messages: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """The station may hang up: the centre said EOT, or nothing for ten minutes."""

    reason: str


class Wall:
    """The time of day, as it goes on from when it was last told: conversations read no clock."""

    __slots__ = ("_ms", "_s", "is_set")

    def __init__(self) -> None:
        self._s = 0.0
        self._ms = 0
        self.is_set = False

    def set(self, now_s: float, now_ms: int) -> None:
        """At ``now_s`` of the monotonic clock it is ``now_ms``, UTC."""
        self._s, self._ms, self.is_set = now_s, now_ms, True

    def stamp(self, now_s: float) -> str:
        """YYMMDDHHmmSS, local."""
        return send_stamp(self._ms + round((now_s - self._s) * 1000))
