"""The master of a serial line: one question at a time, what is no answer to it told apart (Serial Line V1.02 §2.4).

Nothing on such a line says which question an answer belongs to. Three things are mistaken for one: the echo of the
request, which many RS-485 adapters hand back; an answer of another unit; and one that comes after its time-out, when
the next question is already out.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeVar

from protocols.conversation import Send
from protocols.modbus import rtu
from protocols.modbus.answer import Refused
from protocols.modbus.pdu import Response
from protocols.vocabulary.errors import ProtocolError

TURNAROUND_S: Final = 0.1
"""After a broadcast the devices need time before the next question (Serial Line V1.02 §2.4.1)."""
LATE_S: Final = 3.0
"""So long after its time-out an answer is still looked out for, where nothing holds bytes back."""
UNANSWERED: Final = 8
"""Questions whose answers may still come; the oldest is forgotten."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The question has its answer, which may be the device's no (``Refusal``)."""

    asked: rtu.Adu
    response: Response | None
    """Bits cut to the number that was asked for; None: it was a broadcast, which nobody answers."""


@dataclass(frozen=True, slots=True)
class Silent:
    """Every try was in vain."""

    asked: rtu.Adu


@dataclass(frozen=True, slots=True)
class Dropped:
    """Bytes that are no answer to the question; it is waited for on."""

    kind: Literal["echo", "wrong_unit", "late_answer", "wrong_answer", "noise", "unasked"]
    raw: bytes
    why: str = ""


Said = Send[bytes] | Answered | Silent | Dropped
Outcome = TypeVar("Outcome", Answered, Silent, None)


class _Late(NamedTuple):
    asked: rtu.Adu
    until_s: float


class Master:
    """Obeys protocols.conversation.Conversation; is told the bytes of the line as they come.

    Whoever owns the line keeps the silence between frames before a question; what is half a frame by then is dropped.

    :param timeout_s: from a question to the end of its answer, besides the time that their bytes take on the line.
    :param retries: how often a question is repeated before its device is silent.
    :param echoes: whether the adapter hands back what is sent. None: the answers to reads will tell; until then, what
        comes back to a write and equals it is taken as the device's answer.
    :param late_s: so long after its time-out an answer may still come.
    """

    def __init__(
        self, timeout_s: float, retries: int = 1, *, echoes: bool | None = None, late_s: float = LATE_S
    ) -> None:
        self._timeout_s = timeout_s
        self._retries = retries
        self._late_s = late_s
        self._echoes = echoes
        self._learns = echoes is None
        self._decoder = rtu.Decoder("response")
        self._asked: rtu.Adu | None = None
        self._sent = b""
        self._tries = 0
        self._wire_s = 0.0
        self._due_s: float | None = None
        self._echoed = False
        """Whether the echo of the last question came."""
        self._head: bytes | None = None
        """What came since the question was sent, as long as it can still be its echo."""
        self._late: deque[_Late] = deque(maxlen=UNANSWERED)

    @property
    def due_s(self) -> float | None:
        """When the answer is overdue; None: nothing was asked."""
        return self._due_s

    @property
    def echoes(self) -> bool | None:
        """Whether the adapter hands back what is sent, as far as is known."""
        return self._echoes

    def ask(self, adu: rtu.Adu, now_s: float, wire_s: float = 0.0) -> list[Said]:
        """Ask one unit, or all of them.

        :param wire_s: how long question and answer take on the line.
        :raises ValueError: another question is open.
        :raises ProtocolError: it cannot be written.
        """
        if self._asked is not None:
            raise ValueError("one question at a time: the one before has no answer yet")
        self._sent = rtu.encode(adu)
        halves = self._sorted(self._decoder.silence(), now_s)
        self._asked = adu
        self._tries = 1
        self._wire_s = wire_s
        return halves + self._send(now_s)

    def give_up(self, now_s: float) -> None:
        """Whoever asked wants no answer any more: one that comes will be a late one."""
        if self._asked is not None:
            self._late.append(_Late(self._asked, now_s + self._late_s))
        self._done(None)

    def receive(self, data: bytes, now_s: float) -> list[Said]:
        """Bytes came."""
        said: list[Said] = []
        if self._head is not None:
            self._head += data
            if len(self._head) < len(self._sent) and self._sent.startswith(self._head):
                return said
            data, self._head = self._head, None
            if data.startswith(self._sent) and self._is_echo():
                self._echoed = True
                self._learned(echo=True)
                said.append(Dropped("echo", self._sent))
                data = data[len(self._sent) :]
        return said + self._sorted(self._decoder.feed(data), now_s)

    def wake(self, now_s: float) -> list[Said]:
        """Repeat what was not answered, or give it up; nothing when it is not due."""
        if self._due_s is None or now_s < self._due_s or self._asked is None:
            return []
        held, self._head = self._head or b"", None
        said = self._sorted(self._decoder.feed(held) + self._decoder.silence(), now_s)
        asked = self._asked
        if asked is None:
            return said
        if asked.unit == rtu.BROADCAST:
            return [*said, self._done(Answered(asked, None))]
        if self._tries <= self._retries:
            self._tries += 1
            return said + self._send(now_s)
        self._late.append(_Late(asked, now_s + self._late_s))
        return [*said, self._done(Silent(asked))]

    def _send(self, now_s: float) -> list[Said]:
        broadcast = self._asked is not None and self._asked.unit == rtu.BROADCAST
        self._due_s = now_s + self._wire_s + (TURNAROUND_S if broadcast else self._timeout_s)
        self._echoed = False
        self._head = None if self._echoes is False and not self._learns else b""
        return [Send(self._sent)]

    def _done(self, outcome: Outcome) -> Outcome:
        self._asked = self._due_s = self._head = None
        return outcome

    def _is_echo(self) -> bool:
        """Whether what equals the question is not its answer: a write is answered with its own bytes."""
        asked = self._asked
        return asked is not None and (self._echoes is True or not _answers(asked, rtu.frame_in(self._sent, "response")))

    def _learned(self, *, echo: bool) -> None:
        if self._learns:
            self._echoes = echo

    def _sorted(self, frames: list[rtu.Adu | ProtocolError], now_s: float) -> list[Said]:
        said: list[Said] = []
        for frame in frames:
            if isinstance(frame, ProtocolError):
                said.append(Dropped("noise", frame.raw, str(frame)))
            else:
                said += self._frame(frame, now_s)
        return said

    def _frame(self, frame: rtu.Adu, now_s: float) -> list[Said]:
        asked = self._asked
        late = next((one for one in self._late if now_s < one.until_s and _answers(one.asked, frame)), None)
        if late is not None and (asked is None or late.asked != asked):
            self._late.remove(late)
            return [Dropped("late_answer", frame.raw, f"answers {late.asked.pdu}"[:120])]
        if asked is None:
            return [Dropped("unasked", frame.raw)]
        if frame.unit != asked.unit:
            return [Dropped("wrong_unit", frame.raw, f"unit {frame.unit} where {asked.unit} was asked")]
        try:
            response = rtu.check(asked, frame)
        except Refused:
            response = frame.pdu  # type: ignore[assignment]  # a Refusal
        except ProtocolError as wrong:
            return [Dropped("wrong_answer", frame.raw, str(wrong))]
        if self._tries == 1 and frame.raw != self._sent:
            self._learned(echo=self._echoed)
        if late is not None:  # the line keeps its order: it was that one's answer, and this one's is still to come
            self._late.remove(late)
        if late is not None or self._tries > 1:
            self._late.append(_Late(asked, now_s + self._late_s))
        return [self._done(Answered(asked, response))]


def _answers(asked: rtu.Adu, frame: rtu.Adu | None) -> bool:
    """Whether a frame would do as the answer; the device's no would."""
    if frame is None:
        return False
    try:
        rtu.check(asked, frame)
    except Refused:
        return True
    except ProtocolError:
        return False
    return True
