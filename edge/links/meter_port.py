"""A line of meters with one question on it at a time: DL/T 645 and CJ/T 188, which may share a line."""

from collections import Counter
from collections.abc import Callable
from typing import Final, Generic, NamedTuple, Protocol, TypeVar

from edge.lines.line import Line
from edge.lines.pace import Pace
from edge.links.modbus_port import DeviceSilent
from protocols import cjt188, dlt645
from protocols.conversation import Send
from protocols.enquiry import Answered, Enquirer, Exchange, Failed, Outcome, Told, Unanswered
from protocols.meter_line.decoder import MeterDecoder
from protocols.meter_line.frame import WAKE
from protocols.vocabulary import ProtocolError

BYTE_GAP_S: Final = 0.5
"""An answer is still coming as long as its bytes are no farther apart (DL/T 645-2007 §7.3.2)."""
LONGEST_S: Final = 3.0
"""No answer takes longer: 267 bytes at 1200 baud."""


class MeterFrame(Protocol):
    """What both standards have."""

    @property
    def address(self) -> str: ...
    @property
    def raw(self) -> bytes: ...


F = TypeVar("F", bound=MeterFrame)
A = TypeVar("A")


class Standard(NamedTuple, Generic[F]):
    """How a standard's frames are written and found again."""

    encode: Callable[[F], bytes]
    decoder: Callable[[], MeterDecoder[F]]


DLT645: Final = Standard(dlt645.encode, dlt645.Decoder)
CJT188: Final = Standard(cjt188.encode, cjt188.Decoder)


class MeterPort:
    """Implements edge.links.poller.Port.

    :param timeout_s: from a question to the first byte of its answer.
    :param preamble: how many FE go before a question.
    """

    def __init__(self, line: Line, pace: Pace, timeout_s: float, preamble: int) -> None:
        self.counters: Counter[str] = line.counters
        self._line = line
        self._pace = pace
        self._timeout_s = timeout_s
        self._preamble = bytes([WAKE]) * preamble
        self._doubtful = ""
        """The address of the meter that was asked more than once: an answer may still be under way."""

    async def open(self) -> None:
        await self._line.open()
        self._doubtful = ""

    def close(self) -> None:
        self._line.close()

    async def ask(self, standard: Standard[F], exchange: Exchange[F, A], attempts: int) -> A:
        """Ask a meter once; every frame is compared with the question: address, function, identifier, SER.

        :param attempts: how often the same frame is sent before the meter counts as silent.
        :raises DeviceSilent: no answer in time.
        :raises DeviceRefused: the meter said no.
        :raises ProtocolError: its answer has no end.
        :raises LinkDown: the line is gone.
        """
        address = exchange.asking.address
        # a meter's no does not say what it was asked for: a late one must not seem to be the next question's
        quiet_s = self._timeout_s if address == self._doubtful else 0.0
        if await self._line.rest(max(quiet_s, self._pace.gap_s), 2 * self._timeout_s):
            self.counters["unasked"] += 1
        call: _Call[F, A] = _Call(self._line, standard, self.counters, self._preamble)
        self._doubtful = address
        answer = await call.outcome(Enquirer(self._timeout_s, attempts), exchange)
        if call.sent == 1:
            self._doubtful = ""
        return answer


class _Call(Generic[F, A]):
    """One question, from its first frame to its outcome."""

    def __init__(self, line: Line, standard: Standard[F], counters: Counter[str], preamble: bytes) -> None:
        self._line = line
        self._encode = standard.encode
        self._decoder = standard.decoder()
        self._counters = counters
        self._preamble = preamble
        self._sent_s = 0.0
        self.sent = 0
        """Frames."""

    async def outcome(self, enquirer: Enquirer[F, A], exchange: Exchange[F, A]) -> A:
        clock = self._line.clock
        said = enquirer.ask(exchange, clock.monotonic_s())
        while True:
            for one in said:
                if isinstance(one, Send):
                    self._send(one.frame)
                else:
                    return _told(one)
            due_s = self._due_s(enquirer)
            data = await self._line.read(due_s - clock.monotonic_s())
            now_s = clock.monotonic_s()
            said = self._heard(enquirer, data, now_s) if data else self._woken(enquirer, now_s)

    def _send(self, frame: F) -> None:
        self._line.write(self._preamble + self._encode(frame))
        self._sent_s = self._line.clock.monotonic_s()
        self.sent += 1

    def _due_s(self, enquirer: Enquirer[F, A]) -> float:
        """When it is time to give up: not while an answer is still coming."""
        due_s = self._sent_s if enquirer.due_s is None else enquirer.due_s
        if self._line.heard_s > self._sent_s:
            due_s = max(due_s, min(self._line.heard_s + BYTE_GAP_S, self._sent_s + LONGEST_S))
        return due_s

    def _heard(self, enquirer: Enquirer[F, A], data: bytes, now_s: float) -> list[Send[F] | Outcome[F, A]]:
        return self._sorted(enquirer, self._decoder.feed(data), now_s)

    def _woken(self, enquirer: Enquirer[F, A], now_s: float) -> list[Send[F] | Outcome[F, A]]:
        """What is half a frame by now stays so."""
        said = self._sorted(enquirer, self._decoder.silence(), now_s)
        return said or enquirer.wake(max(now_s, enquirer.due_s or now_s))

    def _sorted(
        self, enquirer: Enquirer[F, A], frames: list[F | ProtocolError], now_s: float
    ) -> list[Send[F] | Outcome[F, A]]:
        said: list[Send[F] | Outcome[F, A]] = []
        for frame in frames:
            if isinstance(frame, ProtocolError):
                self._counters["noise"] += 1
                continue
            heard = enquirer.receive(frame, now_s)
            if not heard:
                self._counters["stray"] += 1
            said += heard
        return said


def _told(outcome: Outcome[F, A]) -> A:
    match outcome:
        case Answered(answer=answer):
            return answer
        case Unanswered(attempts=attempts):
            raise DeviceSilent(f"no answer to {attempts} questions")
        case Failed(error=error):
            raise error
        case Told():
            raise TypeError("a question to everybody has no answer")
