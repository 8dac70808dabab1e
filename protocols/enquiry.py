"""A master asks one question at a time: waits, repeats, checks who answers what, and tells the outcome as a value."""

from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from protocols.conversation import Send
from protocols.vocabulary.errors import DeviceRefused, FrameTooLong, ProtocolError

F = TypeVar("F")
A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)


class Exchange(Protocol[F, A_co]):
    """One question as a wire format knows it, with what was answered so far: a value, never changed."""

    @property
    def asking(self) -> F:
        """What is to be sent now: the question, or a request for the part that follows."""
        ...

    @property
    def wants_answer(self) -> bool:
        """False: nobody answers this, it is a broadcast."""
        ...

    @property
    def answer(self) -> A_co | None:
        """The whole answer, once all its parts are there."""
        ...

    def take(self, frame: F) -> Self:
        """The exchange with one more part.

        :raises DeviceRefused: the device said no.
        :raises FrameTooLong: the parts do not end.
        :raises ProtocolError: the frame does not answer what is being asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Answered(Generic[F, A]):
    """The whole answer to a question."""

    asked: F
    answer: A


@dataclass(frozen=True, slots=True)
class Told(Generic[F]):
    """A broadcast went out; nobody answers it."""

    asked: F


@dataclass(frozen=True, slots=True)
class Unanswered(Generic[F]):
    """No answer after so many attempts at the same frame."""

    asked: F
    attempts: int


@dataclass(frozen=True, slots=True)
class Failed(Generic[F]):
    """The device refused (DeviceRefused), or its answer has no end (ProtocolError)."""

    asked: F
    error: DeviceRefused | ProtocolError


Outcome = Answered[F, A] | Told[F] | Unanswered[F] | Failed[F]


class Enquirer(Generic[F, A]):
    """The master's end of a line on which one question is open at a time. Obeys protocols.conversation.

    A frame that does not answer the open question (another meter's, a late one, an echo of the question) is counted
    and otherwise ignored: the wait goes on.

    :param timeout_s: how long to wait for each answer.
    :param attempts: how often the same frame is sent before the meter counts as absent.
    """

    def __init__(self, timeout_s: float = 2.0, attempts: int = 3) -> None:
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._open: tuple[F, Exchange[F, A]] | None = None
        self._sent = 0
        self._due_s: float | None = None
        self.strays = 0
        """Frames that answered nothing that was asked."""

    @property
    def due_s(self) -> float | None:
        """When it wants to be woken; None: no question is open."""
        return self._due_s

    def ask(self, exchange: Exchange[F, A], now_s: float) -> list[Send[F] | Outcome[F, A]]:
        """Send a question.

        :raises ValueError: the one before is still open.
        """
        if self._open is not None:
            raise ValueError("one question at a time: the one before is still open")
        asked = exchange.asking
        if not exchange.wants_answer:
            return [Send(asked), Told(asked)]
        return self._go_on(asked, exchange, now_s)

    def receive(self, frame: F, now_s: float) -> list[Send[F] | Outcome[F, A]]:
        """A frame came."""
        if self._open is None:
            self.strays += 1
            return []
        asked, exchange = self._open
        try:
            exchange = exchange.take(frame)
        except (DeviceRefused, FrameTooLong) as error:
            return [self._close(Failed(asked, error))]
        except ProtocolError:
            self.strays += 1
            return []
        if (answer := exchange.answer) is not None:
            return [self._close(Answered(asked, answer))]
        return self._go_on(asked, exchange, now_s)

    def wake(self, now_s: float) -> list[Send[F] | Outcome[F, A]]:
        """Time passed: repeat what was not answered, or give up."""
        if self._open is None or self._due_s is None or now_s < self._due_s:
            return []
        asked, exchange = self._open
        if self._sent >= self._attempts:
            return [self._close(Unanswered(asked, self._sent))]
        self._sent += 1
        self._due_s = now_s + self._timeout_s
        return [Send(exchange.asking)]

    def _go_on(self, asked: F, exchange: Exchange[F, A], now_s: float) -> list[Send[F] | Outcome[F, A]]:
        self._open = (asked, exchange)
        self._sent = 1
        self._due_s = now_s + self._timeout_s
        return [Send(exchange.asking)]

    def _close(self, outcome: Outcome[F, A]) -> Outcome[F, A]:
        self._open = self._due_s = None
        return outcome
