"""Messages on their way to a broker at QoS 1: so many at once as it takes, the others wait (MQTT 5 §3.3.4, §4.9)."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from protocols.mqtt.fields import MOST, write_text

MOST_WAITING: Final = 100_000
MOST_LINES: Final = 5
"""A message that was the first open one when so many lines ended may be what ended them."""
_IDS: Final = 0xFFFF
_FRAME: Final = 10
"""Bytes of a packet besides topic and payload, at most."""


@dataclass(slots=True, eq=False)
class Letter:
    """A message that the broker shall have."""

    topic: str
    payload: bytes
    retain: bool = False
    told: Callable[[bool], None] | None = None
    """Called when the broker has it (True), or does not want it."""
    withdrawn: bool = False
    lines: int = 0
    """How many ended when it was the first that was open."""

    def __post_init__(self) -> None:
        """:raises ValueError: MQTT cannot carry it."""
        if len(write_text(self.topic)) + len(self.payload) > MOST - 16:
            raise ValueError(f"a message of {len(self.payload)} bytes: MQTT's limit is {MOST}")


class Outbox:
    """Which messages have which packet identifier.

    Counter: ``dropped``, messages for which there was no room, that are too long for the broker, or that end lines.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self._open: dict[int, Letter] = {}
        self._waiting: deque[Letter] = deque()
        self._window, self._longest = 0, MOST
        self._last = 0

    def __len__(self) -> int:
        return len(self._open) + len(self._waiting)

    @property
    def waiting(self) -> int:
        """How many have not gone out."""
        return len(self._waiting)

    def line(self, window: int, longest: int = MOST) -> None:
        """On a new line all that was open goes out again, so many at once.

        :param longest: bytes of a packet.
        """
        self._window, self._longest = window, longest
        again = deque(letter for letter in self._open.values() if not letter.withdrawn)
        self._open.clear()
        if again:
            again[0].lines += 1  # the broker answers in their order: the first may be what it does not take
            if again[0].lines >= MOST_LINES:
                self.dropped += 1
                _told(again.popleft())
        self._waiting.extendleft(reversed(again))

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

    def withdraw(self, letter: Letter) -> bool:
        """Nobody waits for it any more; True: it has gone out, and its number is not free before its answer."""
        letter.withdrawn, letter.told = True, None
        if letter in self._waiting:
            self._waiting.remove(letter)
        return letter in self._open.values()

    def due(self) -> Iterator[tuple[int, Letter]]:
        """Those that go out now, with their packet identifiers."""
        while self._waiting and len(self._open) < self._window:
            letter = self._waiting.popleft()
            if len(letter.topic.encode()) + len(letter.payload) + _FRAME > self._longest:
                self.dropped += 1
                _told(letter)
                continue
            number = self.number()
            self._open[number] = letter
            yield number, letter

    def answered(self, number: int, *, taken: bool) -> None:
        """What the broker says of one."""
        letter = self._open.pop(number, None)
        if letter is not None and letter.told is not None:
            letter.told(taken)


def _told(letter: Letter) -> None:
    if letter.told is not None:
        letter.told(False)
