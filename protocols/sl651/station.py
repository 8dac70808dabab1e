"""The station's end of the line to one centre: SL 651-2014 §6.3, modes M1 to M4.

It reports one message at a time, repeats what was not confirmed and then gives all of it back, sends a packet again
that the centre misses, and answers what it is asked: a command that is repeated is carried out once.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from protocols.conversation import Send
from protocols.sl651.body import Body, read_body
from protocols.sl651.control import Direction, End
from protocols.sl651.conversation import REPEATS, STAY_S, Asked, Confirmed, GaveUp, Ignored, Left, Wall
from protocols.sl651.frame import Frame
from protocols.sl651.functions import KEEP_ALIVE
from protocols.sl651.items import AnyItem
from protocols.sl651.messages import Line, packets
from protocols.sl651.stations import BROADCAST
from protocols.vocabulary.errors import ProtocolError

Said = Send[Frame] | Asked | Confirmed | GaveUp | Left | Ignored

MAX_REPORTS = 64
"""Waiting ones; more are refused."""
_LAST_SERIAL = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class StationTimes:
    """How long a station waits; channels differ (§6.3.2.2)."""

    confirm_s: float = 30.0
    """For the centre's confirmation."""
    repeats: int = REPEATS
    stay_s: float = STAY_S
    keep_alive_s: float | None = None
    """Between keep-alives while it stays on the line, 1 to 255; 40 is usual. None: none are sent."""


@dataclass(slots=True)
class _Sent:
    """A message that waits for its confirmation."""

    message: Frame
    frames: list[Frame]
    due_s: float
    left: int
    resent: dict[int, int] = field(default_factory=dict)
    """How often each packet was sent again."""
    settled: bool = False


class Station:
    """Obeys protocols.conversation.Conversation.

    :param confirmed: the centre confirms reports (M2, M3); else nothing is waited for (M1).
    :param part_bytes: a longer body is sent in packets of so many bytes; the standard asks for fewer than 220.
    """

    def __init__(
        self,
        line: Line,
        times: StationTimes | None = None,
        *,
        confirmed: bool = True,
        part_bytes: int = 219,
        serial: int = 0,
    ) -> None:
        self._line = line
        self._times = times or StationTimes()
        self._waits = confirmed
        self._part_bytes = part_bytes
        self._serial = serial
        self._wall = Wall()
        self._reports: deque[Frame] = deque()
        self._sent: _Sent | None = None
        self._query: Frame | None = None
        self._answer: _Sent | None = None
        """The answer to it, kept to be sent again."""
        self._stays_until_s: float | None = None
        self._alive_s: float | None = None

    @property
    def due_s(self) -> float | None:
        dues = (self._sent.due_s if self._sent else None, self._stays_until_s, self._alive_s)
        return min((due for due in dues if due is not None), default=None)

    @property
    def idle(self) -> bool:
        """Whether every report is confirmed, or was given back."""
        return self._sent is None and not self._reports

    def report(self, function: int, items: Iterable[AnyItem], now_s: float, now_ms: int) -> list[Said]:
        """Send a message when those before it are settled; its serial number is the next one.

        :param now_ms: the time of day, UTC; the message is stamped with it.
        :raises ValueError: too many wait already.
        :raises ProtocolError: it cannot be written.
        """
        if len(self._reports) >= MAX_REPORTS:
            raise ValueError(f"{MAX_REPORTS} reports wait already")
        self._wall.set(now_s, now_ms)
        self._reports.append(self._written(function, items, now_s))
        return self._next(now_s)

    def report_again(self, message: Frame, now_s: float) -> list[Said]:
        """Send a message that was given back, with its serial number and its time.

        :raises ValueError: too many wait already.
        """
        if len(self._reports) >= MAX_REPORTS:
            raise ValueError(f"{MAX_REPORTS} reports wait already")
        self._reports.append(message)
        return self._next(now_s)

    def answer(self, query: Frame, items: Iterable[AnyItem], now_s: float, now_ms: int) -> list[Said]:
        """Answer what the centre asked. A query that was overtaken by another one is not answered any more.

        :raises ProtocolError: it cannot be written.
        """
        self._wall.set(now_s, now_ms)
        if query != self._query:
            return []
        message = self._written(query.function, items, now_s)
        self._answer = self._cut(message, now_s)
        return [Send(frame) for frame in self._answer.frames]

    def receive(self, frame: Frame, now_s: float) -> list[Said]:
        if reason := self._foreign(frame):
            return [Ignored(frame, reason)]
        if frame.end is End.ENQ:
            return self._asked(frame, now_s)
        if frame.end is End.NAK:
            return self._refused(frame, now_s)
        return self._confirmed_by(frame, now_s)

    def wake(self, now_s: float) -> list[Said]:
        said: list[Said] = []
        sent = self._sent
        if sent is not None and sent.due_s <= now_s:
            if not sent.left:
                given_back = GaveUp((sent.message, *self._reports))
                self._sent = None
                self._reports.clear()
                return [given_back, *self._leave(f"{self._times.repeats + 1} times without an answer")]
            sent.left -= 1
            sent.resent.clear()
            sent.due_s = now_s + self._times.confirm_s
            said += [Send(frame) for frame in sent.frames]
        if self._stays_until_s is not None and self._stays_until_s <= now_s:
            return [*said, *self._leave("no command came")]
        if self._alive_s is not None and self._alive_s <= now_s:
            said += self._keep_alive(now_s)
        return said

    def _foreign(self, frame: Frame) -> str | None:
        if frame.direction is not Direction.DOWN:
            return "a station's frame"
        to_all = frame.station[:6] == self._line.station[:6] and int(frame.station[6:], 16) == BROADCAST
        if (frame.station != self._line.station and not to_all) or frame.centre != self._line.centre:
            return f"centre {frame.centre} to station {frame.station}"
        if frame.mode is not self._line.mode:
            return f"{frame.mode.value} mode"
        if frame.password != self._line.password:
            return "another password"
        return None

    def _asked(self, frame: Frame, now_s: float) -> list[Said]:
        try:
            read_body(frame)
        except ProtocolError as error:
            return [Ignored(frame, str(error))]
        self._stay(now_s)
        if frame == self._query:
            return [Send(sent) for sent in self._answer.frames] if self._answer else []
        self._query, self._answer = frame, None
        return [Asked(frame)]

    def _refused(self, frame: Frame, now_s: float) -> list[Said]:
        """A packet is to be sent again, with ETX at its end (§6.3.1.2 c)."""
        if frame.packet is None:
            return [Ignored(frame, "a NAK without a packet number")]
        for sent in (self._sent, self._answer):
            if sent is None or not _is_about(frame, sent):
                continue
            number = frame.packet.number
            if sent.resent.get(number, 0) >= self._times.repeats:
                return [Ignored(frame, f"packet {number} was sent again {self._times.repeats} times")]
            sent.resent[number] = sent.resent.get(number, 0) + 1
            sent.due_s = now_s + self._times.confirm_s
            return [Send(replace(sent.frames[number - 1], end=End.ETX))]
        return [Ignored(frame, "a NAK for no message that was sent")]

    def _confirmed_by(self, frame: Frame, now_s: float) -> list[Said]:
        for sent in (self._sent, self._answer):
            if sent is None or not _confirms(frame, sent):
                continue
            said: list[Said] = [] if sent.settled else [Confirmed(sent.message)]
            sent.settled = True
            if sent is self._sent:
                self._sent = None
            if frame.end is not End.EOT:
                self._stay(now_s)
            elif self.idle:
                said += self._leave("the centre said EOT")
            return said + self._next(now_s)
        return [Ignored(frame, "a confirmation of no message that was sent")]

    def _stay(self, now_s: float) -> None:
        self._stays_until_s = now_s + self._times.stay_s
        if self._times.keep_alive_s is not None and self._alive_s is None:
            self._alive_s = now_s + self._times.keep_alive_s

    def _leave(self, reason: str) -> list[Said]:
        self._stays_until_s = self._alive_s = None
        return [Left(reason)]

    def _keep_alive(self, now_s: float) -> list[Said]:
        """With the last message's serial number, which does not count on (§6.6.4.2)."""
        self._alive_s = now_s + (self._times.keep_alive_s or 0)
        if not self._wall.is_set:
            return []
        return [Send(self._line.up(KEEP_ALIVE, Body(self._serial, self._wall.stamp(now_s))))]

    def _next(self, now_s: float) -> list[Said]:
        said: list[Said] = []
        while self._sent is None and self._reports:
            sent = self._cut(self._reports.popleft(), now_s)
            said += [Send(frame) for frame in sent.frames]
            if self._waits:
                self._sent = sent
        return said

    def _written(self, function: int, items: Iterable[AnyItem], now_s: float) -> Frame:
        serial = self._serial % _LAST_SERIAL + 1
        message = self._line.up(function, Body(serial, self._wall.stamp(now_s), tuple(items)))
        self._serial = serial
        return message

    def _cut(self, message: Frame, now_s: float) -> _Sent:
        frames = [message] if len(message.body) <= self._part_bytes else packets(message, self._part_bytes)
        return _Sent(message, frames, now_s + self._times.confirm_s, self._times.repeats)


def _is_about(refusal: Frame, sent: _Sent) -> bool:
    """A centre that lacks the first packet does not know the serial number, and sends 0."""
    if refusal.packet is None or refusal.packet.total != len(sent.frames) or refusal.function != sent.message.function:
        return False
    try:
        return refusal.serial in (0, sent.message.serial)
    except ProtocolError:
        return False


def _confirms(frame: Frame, sent: _Sent) -> bool:
    try:
        return frame.function == sent.message.function and frame.serial == sent.message.serial
    except ProtocolError:
        return False
