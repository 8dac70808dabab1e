"""The centre's end of the line to one station: SL 651-2014 §6.3, modes M1 to M4.

It delivers each message once and confirms it when it is told that the message is stored. What cannot be read is not
answered. It asks one command at a time and repeats it, and asks for packets that are missing.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass
from hashlib import sha256

from protocols.conversation import Send
from protocols.sl651.body import Body, read_body
from protocols.sl651.control import Direction, End
from protocols.sl651.conversation import (
    REPEATS,
    Delivered,
    Ignored,
    Incomplete,
    KeptAlive,
    Unanswered,
    Wall,
)
from protocols.sl651.frame import Frame, Packet
from protocols.sl651.functions import KEEP_ALIVE, SET_CLOCK
from protocols.sl651.joiner import KEEP_S, Again, Gap, Joined, Joiner
from protocols.sl651.messages import Command, Line, acknowledgement, in_mode, refusal
from protocols.vocabulary.errors import ProtocolError

Said = Send[Frame] | Delivered | KeptAlive | Ignored | Unanswered | Incomplete

MAX_COMMANDS = 64
"""Waiting ones; more are refused."""
MAX_REMEMBERED = 256
"""Messages that are known again when they are sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreTimes:
    """How long a centre waits; channels differ (§6.3.2.2)."""

    answer_s: float = 30.0
    """For the answer to a command."""
    packet_s: float = 15.0
    """For the next packet of a message, and for one that was asked for again."""
    message_s: float = KEEP_S
    """For the rest of a message, before it is given up."""
    repeats: int = REPEATS


@dataclass(slots=True)
class _Waiting:
    command: Command
    frame: Frame
    due_s: float
    left: int


@dataclass(slots=True)
class _Packets:
    """The packets of one function that are coming."""

    due_s: float
    asked: dict[int, int]
    """How often each missing one was asked for."""


class Centre:
    """Obeys protocols.conversation.Conversation.

    :param line: the two ends; a frame with another station or centre is ignored.
    :param stay: the station is kept on the line (ESC) when there is nothing to ask; else it may leave (EOT).
    :param check_password: a frame with another password than the line's is ignored.
    :param always_on: the station hears commands at any time; else they wait until it was heard.
    :param joiner: bounds what is kept of messages whose packets are still coming.
    """

    def __init__(  # noqa: PLR0913 - settings, by name all of them
        self,
        line: Line,
        times: CentreTimes | None = None,
        *,
        stay: bool = False,
        check_password: bool = False,
        always_on: bool = True,
        joiner: Joiner | None = None,
    ) -> None:
        self._line = line
        self._times = times or CentreTimes()
        self._stay = stay
        self._check_password = check_password
        self._hears = always_on
        self._always_on = always_on
        self._wall = Wall()
        self._commands: deque[Command] = deque()
        self._waiting: _Waiting | None = None
        self._joiner = joiner or Joiner(keep_s=self._times.message_s)
        self._packets: dict[int, _Packets] = {}
        self._delivered: OrderedDict[bytes, Delivered] = OrderedDict()
        """What was delivered and not confirmed yet, by what tells it apart."""
        self._confirmed: OrderedDict[bytes, Frame] = OrderedDict()
        """The answers to what was confirmed, to be sent again."""

    @property
    def due_s(self) -> float | None:
        dues = [packets.due_s for packets in self._packets.values()]
        if self._waiting is not None:
            dues.append(self._waiting.due_s)
        if (expiry := self._joiner.due_s) is not None:
            dues.append(expiry)
        return min(dues, default=None)

    @property
    def busy(self) -> bool:
        """Whether a command is asked or waits."""
        return self._waiting is not None or bool(self._commands)

    @property
    def held_bytes(self) -> int:
        """Of the packets that wait for the rest of their messages."""
        return self._joiner.size

    def ask(self, command: Command, now_s: float, now_ms: int) -> list[Said]:
        """Ask it when those before it are settled.

        :param now_ms: the time of day, UTC; frames are stamped with it.
        :raises ValueError: too many wait already.
        :raises ProtocolError: it cannot be written.
        """
        self.queue(command, now_s, now_ms)
        return self._next(now_s)

    def queue(self, command: Command, now_s: float, now_ms: int) -> None:
        """As :meth:`ask`, but not before the next message is confirmed: the station is told to stay, then asked.

        :raises ValueError: too many wait already.
        :raises ProtocolError: it cannot be written.
        """
        if len(self._commands) >= MAX_COMMANDS:
            raise ValueError(f"{MAX_COMMANDS} commands wait already")
        self._wall.set(now_s, now_ms)
        self._framed(command, now_s)
        self._commands.append(command)

    def receive(self, frame: Frame, now_s: float) -> list[Said]:
        if reason := self._foreign(frame):
            return [Ignored(frame, reason)]
        self._hears = True
        if frame.function == KEEP_ALIVE:
            return [KeptAlive(frame), *self._next(now_s)]
        if frame.packet is None:
            return self._whole(frame, None)
        return self._packet(frame, now_s)

    def confirm(self, delivered: Delivered, now_s: float) -> list[Said]:
        """The message is stored: answer the station, and ask what waits. Told twice, it is done once."""
        key = _identity(delivered.message)
        if self._delivered.pop(key, None) is None:
            return []
        answer = acknowledgement(self._line, delivered.message, self._end(delivered), delivered.total)
        self._confirmed[key] = answer
        if len(self._confirmed) > MAX_REMEMBERED:
            self._confirmed.popitem(last=False)
        said: list[Said] = [Send(answer)]
        if answer.end is End.EOT and not self._always_on:
            self._hears = False
        return said + self._next(now_s)

    def not_stored(self, delivered: Delivered) -> None:
        """The message could not be stored: it is not confirmed, and delivered anew when it comes again."""
        self._delivered.pop(_identity(delivered.message), None)

    def wake(self, now_s: float) -> list[Said]:
        said: list[Said] = [_incomplete(gap) for gap in self._joiner.expire(now_s)]
        for function, packets in list(self._packets.items()):
            if packets.due_s <= now_s:
                said += self._ask_again(function, now_s)
        waiting = self._waiting
        if waiting is None or waiting.due_s > now_s:
            return said
        if not waiting.left:
            self._waiting = None
            return [*said, Unanswered(waiting.command), *self._next(now_s)]
        if waiting.command.function == SET_CLOCK:
            waiting.frame = self._framed(waiting.command, now_s)
        waiting.left -= 1
        waiting.due_s = now_s + self._times.answer_s
        return [*said, Send(waiting.frame)]

    def _foreign(self, frame: Frame) -> str | None:
        if frame.direction is not Direction.UP:
            return "a centre's frame"
        if frame.station != self._line.station or frame.centre != self._line.centre:
            return f"station {frame.station} to centre {frame.centre}"
        if frame.mode is not self._line.mode:
            return f"{frame.mode.value} mode"
        if self._check_password and frame.password != self._line.password:
            return "another password"
        return None

    def _whole(self, message: Frame, total: int | None) -> list[Said]:
        try:
            read_body(message)
        except ProtocolError as error:
            return [Ignored(message, str(error))]
        key = _identity(message)
        if key in self._confirmed:
            return [Send(self._confirmed[key])]
        if key in self._delivered:
            return []
        if len(self._delivered) >= MAX_REMEMBERED:
            return [Ignored(message, f"{MAX_REMEMBERED} messages wait to be stored")]
        answers = (
            self._waiting.command if self._waiting and self._waiting.command.function == message.function else None
        )
        if answers is not None:
            self._waiting = None
        delivered = Delivered(message, total, answers)
        self._delivered[key] = delivered
        return [delivered]

    def _packet(self, frame: Frame, now_s: float) -> list[Said]:
        said: list[Said] = []
        for found in self._joiner.add(frame, now_s):
            match found:
                case Joined():
                    self._packets.pop(frame.function, None)
                    said += self._whole(found.message, found.total)
                case Again(complete=True):
                    return said + self._confirm_again(frame)
                case Gap():
                    self._packets.pop(found.function, None)
                    said.append(_incomplete(found))
        missing = self._joiner.missing(frame.station, frame.function)
        if not missing:
            return said
        packets = self._packets.setdefault(frame.function, _Packets(0, {}))
        packets.due_s = now_s + self._times.packet_s
        if self._waiting is not None and self._waiting.command.function == frame.function:
            self._waiting.due_s = now_s + self._times.answer_s
        if frame.end is End.ETX:
            said += self._ask_again(frame.function, now_s)
        return said

    def _confirm_again(self, packet: Frame) -> list[Said]:
        """A packet of a message that is complete: the answer is sent again, once for each time that its last comes."""
        if packet.end is not End.ETX or packet.packet is None:
            return []
        for answer in reversed(self._confirmed.values()):
            if answer.packet == Packet(packet.packet.total, packet.packet.total) and answer.function == packet.function:
                return [Send(answer)]
        return []

    def _ask_again(self, function: int, now_s: float) -> list[Said]:
        """The NAK for one packet that is missing."""
        station = self._line.station
        packets = self._packets[function]
        missing = self._joiner.missing(station, function)
        total = self._joiner.total(station, function)
        number = min(missing, key=lambda number: (packets.asked.get(number, 0), number), default=None)
        if total is None or number is None:
            del self._packets[function]
            return []
        if packets.asked.get(number, 0) > self._times.repeats:
            del self._packets[function]
            return []  # the station sends all of it again, or the message expires
        packets.asked[number] = packets.asked.get(number, 0) + 1
        packets.due_s = now_s + self._times.packet_s
        self._joiner.want(station, function, number)
        first = self._joiner.first(station, function)
        return [Send(refusal(self._line, function, Packet(total, number), first))]

    def _end(self, delivered: Delivered) -> End:
        if self._commands or self._waiting is not None:
            return End.ACK if delivered.answers else End.ESC
        return End.ESC if self._stay else End.EOT

    def _next(self, now_s: float) -> list[Said]:
        if self._waiting is not None or not self._commands or not self._hears:
            return []
        command = self._commands.popleft()
        frame = self._framed(command, now_s)
        self._waiting = _Waiting(command, frame, now_s + self._times.answer_s, self._times.repeats)
        return [Send(frame)]

    def _framed(self, command: Command, now_s: float) -> Frame:
        body = Body(command.serial, self._wall.stamp(now_s), in_mode(command, self._line.mode))
        return self._line.down(command.function, body)


def _identity(message: Frame) -> bytes:
    """What tells two messages apart: serial number and content.

    The serial number begins anew behind 65535 and when a station starts, and the send time may be set anew when a
    message is sent again; what was observed, and when, stands in the rest.
    """
    return sha256(f"{message.function} {message.serial} ".encode() + message.content).digest()


def _incomplete(gap: Gap) -> Incomplete:
    return Incomplete(gap.station, gap.function, gap.total, gap.missing, gap.reason)
