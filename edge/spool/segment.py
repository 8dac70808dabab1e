"""A segment file of the spool as the agent knows it: its size, what is in it, what of that is still wanted."""

from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge.spool.record import Found, RecordKey, scan
from protocols.vocabulary.ranges import RangeSet

MARK_EVERY_S: Final = 30.0
MAX_MARKS: Final = 128
"""Of one stream of one epoch in one segment; beyond it every other one of the older three quarters is forgotten."""


@dataclass(slots=True, eq=False)
class Segment:
    """One file; the spool appends to the newest only and removes the oldest first."""

    number: int
    path: Path
    synced: int = 0
    """Bytes that are known to be on disk."""
    closed: bool = False
    """Nothing is appended any more."""
    held: dict[tuple[int, int], RangeSet] | None = None
    """(stream, epoch) -> sequence numbers in it; None until a file of an earlier run was read."""
    damaged: int = 0
    """Damaged stretches met in it."""
    torn: int = 0
    given_up: bool = False
    """It had to go to make room: what is kept of it was taken over."""
    marks: dict[tuple[int, int], list[tuple[int, float]]] = field(default_factory=dict)
    """(stream, epoch) -> sequence numbers and when they were appended, monotonic s: about twice a minute."""

    def note(self, key: RecordKey, now_s: float) -> None:
        """A record was appended to it."""
        if self.held is None:
            self.held = {}
        self.held.setdefault(key[:2], RangeSet()).add(key.sequence)
        self.mark(key, now_s)

    def mark(self, key: RecordKey, at_s: float) -> None:
        """A record of it was appended then, monotonic s."""
        marks = self.marks.setdefault(key[:2], [])
        if not marks or at_s - marks[-1][1] >= MARK_EVERY_S:
            marks.append((key.sequence, at_s))
            if len(marks) > MAX_MARKS:
                marks[: MAX_MARKS * 3 // 4] = marks[: MAX_MARKS * 3 // 4 : 2]

    def oldest_s(self, retired: dict[tuple[int, int], RangeSet]) -> float | None:
        """When the oldest record that is not retired was appended; None where an earlier run wrote it."""
        nothing, found = RangeSet(), []
        for of, ranges in (self.held or {}).items():
            marks, gone = self.marks.get(of, []), retired.get(of, nothing)
            for first, last in ranges:
                if gone.covers(first, last):
                    continue
                around = gone.around(first)
                wanted = around[1] + 1 if around else first
                before = bisect_right(marks, wanted, key=lambda mark: mark[0])
                found.append(marks[max(0, before - 1)][1] if marks else None)
                break
        known = [at_s for at_s in found if at_s is not None]
        return min(known) if known and len(known) == len(found) else None

    def wanted(self, retired: dict[tuple[int, int], RangeSet]) -> bool:
        """Whether it holds a record that is not retired, as far as it was read."""
        if self.held is None:
            return True
        nothing = RangeSet()
        return any(
            not retired.get(of, nothing).covers(first, last)
            for of, ranges in self.held.items()
            for first, last in ranges
        )


@dataclass(slots=True)
class Contents:
    """What reading a segment's bytes gave."""

    found: list[Found] = field(default_factory=list)
    damaged: int = 0
    torn_at: int | None = None
    """Offset of a torn tail."""

    @classmethod
    def of(cls, data: bytes) -> "Contents":
        """Scan all of it."""
        contents = cls()
        for item in scan(data):
            if isinstance(item, Found):
                contents.found.append(item)
            elif item.tail:
                contents.torn_at = item.offset
            else:
                contents.damaged += 1
        return contents

    def held(self) -> dict[tuple[int, int], RangeSet]:
        """(stream, epoch) -> sequence numbers."""
        held: dict[tuple[int, int], RangeSet] = {}
        for item in self.found:
            held.setdefault((item.key.stream, item.key.epoch), RangeSet()).add(item.key.sequence)
        return held
