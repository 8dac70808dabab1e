"""The order of one edge node's messages: seq 0 to 255 and 0 again, a gap that may close, numbers that come twice."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from protocols.sparkplug.outcomes import MAX_WAITING, Ledger, Published
from protocols.sparkplug.topic import Topic
from protocols.sparkplug.values import Payload

MODULUS: Final = 256
_RESTART: Final = 3
"""As many numbers behind the expected one, one after the other, are a sender that began anew and not a repetition."""


class Heard(NamedTuple):
    """A message of an edge node, read."""

    topic: Topic
    payload: Payload
    came: Published
    at_s: float

    @property
    def size(self) -> int:
        """Bytes of its payload."""
        return len(self.payload.raw)


class Sequence:
    """Gives messages in the order of their numbers.

    * The expected number comes through at once, and what waited for it behind it.
    * A number ahead waits, for as long as the reorder time-out; :attr:`due_s` says until when.
    * A number behind comes through at once and is counted: it is a repetition, by the sender or by the broker, or what
      was given up. Three of them in a row, each one more than the last, mean that the sender began anew.
    * A message without a number is a zero where zero is expected, or comes after 255, since some writers leave out
      zeros; else it comes through at once and is counted.
    """

    __slots__ = ("_after", "_behind", "_ledger", "_run", "_waiting", "expected")

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: list[Heard] = []
        self._behind = -1
        self._run = 0
        self._after = 0
        """The number after the newest one."""
        self.expected: int | None = None
        """The next number; None before a birth: then everything waits."""

    @property
    def due_s(self) -> float | None:
        """When what waits is given up."""
        return self._waiting[0].at_s + self._ledger.limits.reorder_s if self._waiting else None

    @property
    def is_full(self) -> bool:
        """Whether no more may wait, of this edge node or of all."""
        return (
            len(self._waiting) >= MAX_WAITING or self._ledger.waiting_bytes > self._ledger.limits.waiting_bytes
        ) and bool(self._waiting)

    def begin(self, seq: int | None) -> Iterator[Heard]:
        """An NBIRTH has this number: give what waited for it. What else waited has to be taken away before."""
        self.expected = self._after = ((seq or 0) + 1) % MODULUS
        self._run = 0
        yield from self._ready()

    def followers(self, seq: int | None) -> frozenset[int]:
        """The numbers of the waiting messages that go on from a birth with this number, and can belong to it."""
        numbers = {heard.payload.seq for heard in self._waiting}
        chain: set[int] = set()
        number = ((seq or 0) + 1) % MODULUS
        while number in numbers and number not in chain:
            chain.add(number)
            number = (number + 1) % MODULUS
        return frozenset(chain)

    def place(self, heard: Heard) -> Iterator[Heard]:
        """Take a message; give what may be read now."""
        counters = self._ledger.counters
        if self.expected is None:
            self._hold(heard)
            return
        seq = heard.payload.seq
        if seq is None and 0 in (self.expected, self._after):
            seq = 0
        if seq is None or seq >= MODULUS:
            counters["without_seq" if seq is None else "seq_out_of_range"] += 1
            yield heard
            return
        self._after = (seq + 1) % MODULUS
        ahead = (seq - self.expected) % MODULUS
        if ahead == 0:
            self._run = 0
            self.expected = (seq + 1) % MODULUS
            yield heard
            yield from self._ready()
        elif ahead < MODULUS // 2:
            counters["out_of_order"] += 1
            self._hold(heard)
        else:
            counters["repeated_seq"] += 1
            self._run = self._run + 1 if seq == (self._behind + 1) % MODULUS else 1
            self._behind = seq
            yield heard

    def began_anew(self) -> bool:
        """Whether the numbers behind are a sender that began anew, unnoticed; then they are the ones that count."""
        if self._run < _RESTART:
            return False
        self.expected = (self._behind + 1) % MODULUS
        self._run = 0
        return True

    def give_up(self, keep: frozenset[int] = frozenset()) -> list[Heard]:
        """What waits, in the order of its numbers, without those to be kept; what was missing is not waited for."""
        given = [heard for heard in self._waiting if heard.payload.seq not in keep]
        self._waiting = [heard for heard in self._waiting if heard.payload.seq in keep]
        self._ledger.waiting_bytes -= sum(heard.size for heard in given)
        if self.expected is not None:
            begin = self.expected
            given.sort(key=lambda heard: ((heard.payload.seq or 0) - begin) % MODULUS)
            if given:
                self.expected = ((given[-1].payload.seq or 0) + 1) % MODULUS
        return given

    def _hold(self, heard: Heard) -> None:
        self._waiting.append(heard)
        self._ledger.waiting_bytes += heard.size

    def _ready(self) -> Iterator[Heard]:
        """What waited and is expected now; what came twice comes through behind it."""
        while (found := self._next()) is not None:
            self._waiting.remove(found)
            self._ledger.waiting_bytes -= found.size
            yield found

    def _next(self) -> Heard | None:
        """The waiting message that has the expected number, or one that was passed already."""
        begin = self.expected or 0
        for heard in self._waiting:
            ahead = ((heard.payload.seq or 0) - begin) % MODULUS
            if ahead == 0:
                self.expected = (begin + 1) % MODULUS
                return heard
            if ahead >= MODULUS // 2:
                self._ledger.counters["repeated_seq"] += 1
                return heard
        return None
