"""A segment file of the spool as the agent knows it: its size, what is in it, what of that is still wanted."""

from dataclasses import dataclass, field
from pathlib import Path

from edge.spool.record import Found, RecordKey, scan
from protocols.vocabulary.ranges import RangeSet


@dataclass(slots=True)
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

    def note(self, key: RecordKey) -> None:
        """A record was appended to it."""
        if self.held is None:
            self.held = {}
        self.held.setdefault((key.stream, key.epoch), RangeSet()).add(key.sequence)

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
