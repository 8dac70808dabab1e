"""Which request an answer belongs to, for a bystander who hears both (V1.1b3 §4.1, Serial Line V1.02 §2.4)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from protocols.modbus.answer import Refused
from protocols.modbus.pdu import Direction, ReadBits, ReadRegisters, Request, Response, is_allowed
from protocols.vocabulary.errors import ProtocolError

REMEMBERED: Final = 32
"""Requests without an answer; the oldest is forgotten."""
BROADCAST: Final = 0
_WRITES: Final = frozenset({5, 6, 15, 16, 21, 22})


class Adu(Protocol):
    """What a frame of either envelope has."""

    @property
    def unit(self) -> int: ...
    @property
    def pdu(self) -> Request | Response: ...
    @property
    def raw(self) -> bytes: ...


A = TypeVar("A", bound=Adu)


@dataclass(frozen=True, slots=True)
class Heard(Generic[A]):
    """One frame of a conversation between others."""

    adu: A
    direction: Direction
    asked: A | None = None
    """The request that it answers, when it was heard."""
    note: str = ""
    """What is strange about it."""

    @property
    def raw(self) -> bytes:
        """The bytes it was read from."""
        return self.adu.raw


class Pairing(Generic[A]):
    """Remembers what was asked and not answered.

    :param check: (asked, answered) raises Refused when it is the device's no, ProtocolError when it is no answer to it.
    :param broadcasts: a write to unit 0 is for all and not answered; over TCP unit 0 is often the device itself.
    """

    def __init__(self, check: Callable[[A, A], Response], *, broadcasts: bool) -> None:
        self._check = check
        self._broadcasts = broadcasts
        self._open: list[A] = []
        self._echoes = False
        self._repeated = False

    def heard(self, request: A | None, response: A | None) -> Heard[A] | None:
        """Tell what a frame is.

        :param request: how it reads as one; None: it does not.
        :param response: how it reads as one; None: it does not.
        """
        if request is not None and self._open and request == self._open[-1]:
            again = self._again(request, response)
            if again is not None:
                return again
        if response is not None:
            for place in range(len(self._open) - 1, -1, -1):
                if self._answers(self._open[place], response):
                    return self._answered(place, response)
        if request is not None and (response is None or is_allowed(_request(request))):
            self._remember(request)
            return Heard(request, "request")
        if response is not None:
            return Heard(response, "response", None, "answers no request that was heard")
        return None

    def _again(self, request: A, response: A | None) -> Heard[A] | None:
        """The last request once more: an echo of the adapter, or repeated; a write's answer looks the same."""
        looks_like_the_answer = response is not None and self._answers(self._open[-1], response)
        if looks_like_the_answer and (not self._echoes or self._repeated):
            return None
        self._repeated = True
        return Heard(request, "request", None, "the same again: an echo, or repeated")

    def _answered(self, place: int, response: A) -> Heard[A]:
        asked = self._open.pop(place)
        late = place < len(self._open)
        if not late:
            if isinstance(asked.pdu, ReadBits | ReadRegisters):
                self._echoes = self._repeated
            self._repeated = False
        return Heard(response, "response", asked, "late: others were asked since" if late else "")

    def _answers(self, asked: A, response: A) -> bool:
        try:
            self._check(asked, response)
        except Refused:
            return True
        except ProtocolError:
            return False
        return True

    def _remember(self, request: A) -> None:
        self._repeated = False
        if not (self._broadcasts and request.unit == BROADCAST and request.pdu.function in _WRITES):
            self._open = [*[one for one in self._open if one != request][1 - REMEMBERED :], request]


def _request(adu: Adu) -> Request:
    return adu.pdu  # type: ignore[return-value]  # it was read as one
