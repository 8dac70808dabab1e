"""Messages on their way to a broker at QoS 1: so many at once as it takes, the others wait (MQTT 5 §3.3.4, §4.9)."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

MOST_WAITING: Final = 100_000
_IDS: Final = 0xFFFF


@dataclass(slots=True, eq=False)
class Letter:
    """A message that the broker shall have."""

    topic: str
    payload: bytes
    retain: bool = False
    told: Callable[[bool], None] | None = None
    """Called when the broker has it (True), or does not want it."""


class Outbox:
    """Which messages have which packet identifier.

    Counter: ``dropped``, messages for which there was no room.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._open: dict[int, Letter] = {}
        self._waiting: deque[Letter] = deque()
        self._window = 0
        self._last = 0

    def __len__(self) -> int:
        return len(self._open) + len(self._waiting)

    def line(self, window: int) -> None:
        """On a new line all that was open goes out again, so many at once."""
        self._window = window
        self._waiting.extendleft(reversed(self._open.values()))
        self._open.clear()

    def number(self) -> int:
        """A packet identifier that no message has."""
        while True:
            self._last = self._last % _IDS + 1
            if self._last not in self._open:
                return self._last

    def add(self, letter: Letter) -> bool:
        """Let it wait until :meth:`due` gives it; False: there is no room."""
        if len(self._waiting) >= MOST_WAITING:
            self.dropped += 1
            return False
        self._waiting.append(letter)
        return True

    def due(self) -> Iterator[tuple[int, Letter]]:
        """Those that go out now, with their packet identifiers."""
        while self._waiting and len(self._open) < self._window:
            number = self.number()
            letter = self._open[number] = self._waiting.popleft()
            yield number, letter

    def answered(self, number: int, *, taken: bool) -> None:
        """What the broker says of one."""
        letter = self._open.pop(number, None)
        if letter is not None and letter.told is not None:
            letter.told(taken)
