"""Two ends of a line and a channel between them that loses, doubles, delays and breaks what is sent."""

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from protocols.conversation import Send
from protocols.sl651 import (
    Asked,
    Centre,
    Confirmed,
    Decoder,
    Delivered,
    Frame,
    GaveUp,
    Station,
    encode,
)

MORNING_MS = 1_704_067_200_000
DELAY_S = 0.2
LATE_S = 4.0


@dataclass
class Channel:
    """Runs both ends until nothing happens any more."""

    station: Station
    centre: Centre
    fates: deque[str] = field(default_factory=deque)
    """What becomes of each frame that is sent, in order: pass, drop, twice, late, broken; then all of them pass."""
    answer: Callable[[Frame], Iterable] = lambda _query: ()
    confirms: bool = True
    """Whether the centre can store."""
    now_s: float = 1000.0
    delivered: list[Delivered] = field(default_factory=list)
    confirmed: list[Frame] = field(default_factory=list)
    given_up: list[Frame] = field(default_factory=list)
    asked: list[Frame] = field(default_factory=list)
    heard: list = field(default_factory=list)
    """All that is no Send."""
    sent: list[Frame] = field(default_factory=list)
    _moving: list = field(default_factory=list)
    _count: int = 0

    @property
    def now_ms(self) -> int:
        return MORNING_MS + round(self.now_s * 1000)

    def report(self, function: int, items) -> None:
        self._from_station(self.station.report(function, items, self.now_s, self.now_ms))

    def report_again(self, message: Frame) -> None:
        self._from_station(self.station.report_again(message, self.now_s))

    def ask(self, command) -> None:
        self._from_centre(self.centre.ask(command, self.now_s, self.now_ms))

    def store(self) -> None:
        """Confirm what waits to be stored, if the centre could not before."""
        for delivered in self.delivered:
            self._from_centre(self.centre.confirm(delivered, self.now_s))

    def run(self, until_s: float = 10_000.0, steps: int = 20_000) -> None:
        for _ in range(steps):
            dues = [due for due in (self.station.due_s, self.centre.due_s) if due is not None]
            arrival = self._moving[0][0] if self._moving else None
            upcoming = min([*dues, *([arrival] if arrival is not None else [])], default=None)
            if upcoming is None or upcoming > until_s:
                self.now_s = until_s if upcoming is not None else self.now_s
                return
            self.now_s = max(self.now_s, upcoming)
            if arrival is not None and arrival <= self.now_s:
                self._arrive()
            else:
                self._from_station(self.station.wake(self.now_s))
                self._from_centre(self.centre.wake(self.now_s))
        raise AssertionError("the two ends do not come to rest")

    def _arrive(self) -> None:
        _, _, to_centre, raw = heapq.heappop(self._moving)
        for frame in Decoder().feed(raw):
            if not isinstance(frame, Frame):
                continue  # what is broken is not answered
            if to_centre:
                self._from_centre(self.centre.receive(frame, self.now_s))
            else:
                self._from_station(self.station.receive(frame, self.now_s))

    def _from_station(self, said) -> None:
        for word in said:
            match word:
                case Send():
                    self._send(word.frame, to_centre=True)
                case Confirmed():
                    self.confirmed.append(word.message)
                case GaveUp():
                    self.given_up.extend(word.messages)
                case Asked():
                    self.asked.append(word.query)
                    items = tuple(self.answer(word.query))
                    self._from_station(self.station.answer(word.query, items, self.now_s, self.now_ms))
            if not isinstance(word, Send):
                self.heard.append(word)

    def _from_centre(self, said) -> None:
        for word in said:
            match word:
                case Send():
                    self._send(word.frame, to_centre=False)
                case Delivered():
                    self.delivered.append(word)
                    self.heard.append(word)
                    if self.confirms:
                        self._from_centre(self.centre.confirm(word, self.now_s))
                case _:
                    self.heard.append(word)

    def _send(self, frame: Frame, *, to_centre: bool) -> None:
        self.sent.append(frame)
        fate = self.fates.popleft() if self.fates else "pass"
        raw = encode(frame)
        if fate == "broken":
            raw = bytes([raw[0], *raw[1:20], raw[20] ^ 0x10, *raw[21:]])
        after = {"drop": (), "twice": (DELAY_S, LATE_S), "late": (LATE_S,)}.get(fate, (DELAY_S,))
        for delay in after:
            self._count += 1
            heapq.heappush(self._moving, (self.now_s + delay, self._count, to_centre, raw))
