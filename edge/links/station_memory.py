"""What a listener knows of its stations after a restart: how far their series reached, and what was missing."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from edge.links.history import History
from edge.spool.files import FileOps
from protocols.vocabulary import Clock

SAVE_S: Final = 30.0
MAX_FILE: Final = 16 << 20
"""Bytes; a larger file was not written here."""


class StationMemory:
    """Keeps the histories of the listed stations in one small file; without a place nothing is kept.

    What happened since the file was last written is asked for once more after a crash: the cloud keeps it once.

    :param histories: station -> history.
    :param counters: the link's.
    """

    def __init__(
        self, histories: Callable[[], Iterable[tuple[str, History]]], clock: Clock, counters: Counter[str]
    ) -> None:
        self.path: Path | None = None
        self._histories = histories
        self._clock = clock
        self._counters = counters
        self._saved = ""
        self._due_s = clock.monotonic_s() + SAVE_S

    def load(self) -> None:
        """Read what was written last; a file that cannot be read is counted, and gaps before now are not known."""
        if self.path is None or not self.path.exists():
            return
        try:
            with self.path.open() as file:
                written = json.loads(file.read(MAX_FILE))
            for station, history in self._histories():
                if history.watches and station in written:
                    history.read(dict(written[station]), self._clock.monotonic_s())
        except (OSError, ValueError, TypeError, RecursionError):
            self._counters["memory_unreadable"] += 1

    def tick(self) -> None:
        """Save now and then."""
        if self._clock.monotonic_s() >= self._due_s:
            self.save()

    def save(self) -> None:
        """Write down what is known, if it changed."""
        self._due_s = self._clock.monotonic_s() + SAVE_S
        if self.path is None:
            return
        written: dict[str, Any] = {name: known for name, one in self._histories() if (known := one.written())}
        text = json.dumps(written)
        if not written or text == self._saved:
            return
        files = FileOps()
        try:
            files.make_directory(self.path.parent)
            files.replace(self.path, text.encode())
            self._saved = text
        except OSError:
            self._counters["memory_not_written"] += 1
