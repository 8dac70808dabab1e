"""Messages on their way to a broker at QoS 1: so many at once as it takes, the others wait (MQTT 5 §3.3.4, §4.9)."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from protocols.mqtt.fields import MOST, write_text

MOST_WAITING: Final = 100_000
MOST_LINES: Final = 5
"""A message that was open when so many lines ended may be what ended them."""
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
    """On how many it was open when they ended."""

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
        again = [letter for letter in self._open.values() if not letter.withdrawn]
        self._open.clear()
        for letter in again:
            letter.lines += 1
        self.dropped += sum(letter.lines >= MOST_LINES for letter in again)
        self._waiting.extendleft(reversed([letter for letter in again if letter.lines < MOST_LINES]))

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
            letter = self._waiting.popleft()
            if letter.withdrawn:
                continue
            if len(letter.topic.encode()) + len(letter.payload) + _FRAME > self._longest:
                self.dropped += 1
                if letter.told is not None:
                    letter.told(False)
                continue
            number = self.number()
            self._open[number] = letter
            yield number, letter

    def answered(self, number: int, *, taken: bool) -> None:
        """What the broker says of one."""
        letter = self._open.pop(number, None)
        if letter is not None and letter.told is not None:
            letter.told(taken)
