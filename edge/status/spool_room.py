"""How many hours wait in the spool, and how many more fit into it at the present rate."""

import os
from collections import deque
from typing import Any, Final

from edge.spool.spool import Spool
from protocols.vocabulary import Clock

WINDOW_S: Final = 600.0
"""The present rate is that of the last ten minutes."""
_EVERY_S: Final = 10.0


class SpoolRoom:
    """Looks at the spool every two seconds; remembers ten minutes of what was written."""

    def __init__(self, spool: Spool, clock: Clock) -> None:
        self._spool = spool
        self._clock = clock
        self._written: deque[tuple[float, int]] = deque()

    def look(self) -> None:
        """Note how much was written by now."""
        now_s = self._clock.monotonic_s()
        if self._written and now_s - self._written[-1][0] < _EVERY_S:
            return
        self._written.append((now_s, self._spool.counts.bytes_written))
        while now_s - self._written[0][0] > WINDOW_S:
            self._written.popleft()

    @property
    def bytes_per_s(self) -> float | None:
        """At which it is written; None in the first seconds."""
        if not self._written:
            return None
        then_s, written = self._written[0]
        passed_s = self._clock.monotonic_s() - then_s
        return (self._spool.counts.bytes_written - written) / passed_s if passed_s >= _EVERY_S else None

    @property
    def free_bytes(self) -> int:
        """What fits before the oldest must go: up to the bound, or to the end of the disk.

        :raises OSError: the disk does not say.
        """
        disk = os.statvfs(self._spool.directory)
        return max(0, min(self._spool.max_bytes - self._spool.size, disk.f_bavail * disk.f_frsize))

    @property
    def room_h(self) -> float | None:
        """Hours that fit at the present rate; None when nothing is written, or not known yet."""
        rate = self.bytes_per_s
        try:
            return self.free_bytes / rate / 3600 if rate else None
        except OSError:
            return None

    def status(self) -> dict[str, Any]:
        """As JSON has it; ``oldest_h`` null: nothing waits."""
        spool, waiting_s, rate, room_h = self._spool, self._spool.waiting_s(), self.bytes_per_s, self.room_h
        return {
            "bytes": spool.size,
            "max_bytes": spool.max_bytes,
            "share": round(spool.size / spool.max_bytes, 4),
            "oldest_h": None if waiting_s is None else round(waiting_s / 3600, 3),
            "room_h": None if room_h is None else round(room_h, 1),
            "bytes_per_s": None if rate is None else round(rate, 1),
            "corrupt_skipped": spool.counts.corrupt_skipped,
            "torn": spool.counts.torn,
            "dropped_records": spool.counts.dropped_records,
            "read_errors": spool.counts.read_errors,
            "write_errors": spool.counts.write_errors,
            "syncs": spool.counts.syncs,
            "retired": spool.counts.retired,
        }
