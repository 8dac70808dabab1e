"""When epochs of a gateway without a clock began: their stamps are repaired once the clock is set (design §7)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from edge.spool.files import FileOps, summed, unsummed
from edge.spool.mended import EARLIEST_MS, mended
from protocols.uplink import FLAG_CLOCK_UNSYNCED
from protocols.vocabulary import Clock

MAX_ANCHORS: Final = 256
"""Starts without a clock that are remembered; beyond it the oldest are forgotten, and their stamps stay as they are."""
STRAGGLERS_S: Final = 600.0
"""So long after the clock was set something stamped before may still be sealed."""
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_FLAGS_AT: Final = 4


@dataclass(slots=True)
class Anchor:
    """One start of the agent while the clock was not set."""

    epoch: int
    boot: str
    began_s: float
    """On the machine's monotonic clock, which means something within one boot only."""
    began_ms: int
    """By the wrong clock."""
    set_ms: int | None = None
    """By the right one; None while nobody knows."""


def boot_id() -> str:
    """The same as long as the machine is not started anew; where the kernel does not say, never the same."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return str(uuid4())


class ClockAnchors:
    """Kept in one small file beside the segments; a gateway whose clock is right at the start has none.

    Envelopes of an epoch whose beginning is ``pending`` are held back, because what was sent once cannot be repaired
    any more: a resend must have the same content. Once written down the beginning never changes, so that an envelope
    which is repaired again after a restart is the same.

    :param began_s: when the epoch began, monotonic: where the uptimes of its envelopes count from.
    """

    def __init__(
        self, path: Path, clock: Clock, files: FileOps, began_s: float, boot: Callable[[], str] = boot_id
    ) -> None:
        self.mended = 0
        """Envelopes sent with repaired stamps, resends of an earlier run included."""
        self.write_errors = 0
        self._path = path
        self._clock = clock
        self._files = files
        self._boot_id = boot
        self._boot = ""
        self._began_s = began_s
        self._anchors: dict[int, Anchor] = {}
        self._unset_s: float | None = None
        """When the clock was last seen to be not set, monotonic."""

    def open(self, epoch: int) -> None:
        """Read the file; note the start of this epoch when the clock is not set."""
        self._boot = self._boot_id()
        self._anchors = {anchor.epoch: anchor for anchor in _load(self._files, self._path)}
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic_s()
        if now_ms < EARLIEST_MS:
            self._unset_s = now_s
            began_ms = now_ms - round((now_s - self._began_s) * 1000)
            self._anchors[epoch] = Anchor(epoch, self._boot, self._began_s, began_ms)
            for oldest in sorted(self._anchors)[:-MAX_ANCHORS]:
                del self._anchors[oldest]
            self._save()
        self.look()

    def look(self) -> bool:
        """Look at the clock; True when it was set since the last time, and what was held back may go."""
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic_s()
        if now_ms < EARLIEST_MS:
            self._unset_s = now_s
            return False
        found = [one for one in self._anchors.values() if one.set_ms is None and one.boot == self._boot]
        for anchor in found:
            anchor.set_ms = now_ms - round((now_s - anchor.began_s) * 1000)
        if found:
            self._save()
        return bool(found)

    def pending(self, epoch: int) -> bool:
        """Whether the stamps of an epoch may still be repaired, and cannot be yet."""
        anchor = self._anchors.get(epoch)
        return anchor is not None and anchor.set_ms is None and anchor.boot == self._boot

    @property
    def waiting(self) -> bool:
        """Whether any epoch is pending."""
        return any(map(self.pending, self._anchors))

    def flags(self, now_ms: int, oldest_ms: Callable[[], int]) -> int:
        """The header's flags of an envelope sealed now.

        :param oldest_ms: the earliest stamp in it; asked for a while after the clock was set.
        """
        now_s = self._clock.monotonic_s()
        if now_ms < EARLIEST_MS:
            self._unset_s = now_s
            return FLAG_CLOCK_UNSYNCED
        recently = self._unset_s is not None and now_s - self._unset_s < STRAGGLERS_S
        return FLAG_CLOCK_UNSYNCED if recently and oldest_ms() < EARLIEST_MS else 0

    def repaired(self, epoch: int, payload: bytes) -> bytes:
        """An envelope of the spool as it is to be sent."""
        if not payload[_FLAGS_AT] & FLAG_CLOCK_UNSYNCED:
            return payload
        anchor = self._anchors.get(epoch)
        if anchor is None or anchor.set_ms is None:
            return payload
        self.mended += 1
        return mended(payload, anchor.began_ms, anchor.set_ms)

    def _save(self) -> None:
        rows = [[a.epoch, a.boot, a.began_s, a.began_ms, a.set_ms] for a in self._anchors.values()]
        body = json.dumps(rows, separators=(",", ":")).encode()
        try:
            self._files.replace(self._path, summed(body))
        except OSError:  # it is known as long as this process lives
            self.write_errors += 1


def _load(files: FileOps, path: Path) -> list[Anchor]:
    """None of them when the file is missing, torn, altered or unreadable."""
    try:
        body = unsummed(files.read(path))
    except OSError:
        return []
    return [] if body is None else [Anchor(*row) for row in json.loads(body)]
