"""What the server knows of its devices after a restart: registrations, addresses, and the tokens of observations.

Without it a device that reports once an hour and updates once a day would be reset and silent for a day.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path as File
from typing import Final

from pydantic import TypeAdapter, ValidationError

from edge.blocking import whole
from edge.spool.files import FileOps
from protocols.lwm2m import Registration
from protocols.vocabulary import Clock

SAVE_S: Final = 10.0
RENEWED_MS: Final = 2_000
HEARD_MS: Final = 600_000
"""Stamps that moved by less are not worth a write: wall and monotonic clock never agree to the millisecond."""
MAX_FILE: Final = 256 << 20
"""Bytes; a larger file was not written here."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One registered device."""

    registration: Registration
    location: str
    address: tuple[str, int, int, int]
    """As an IPv6 socket has it."""
    renewed_ms: int
    heard_ms: int
    known: tuple[str, ...] = ()
    """Paths of what it has."""
    units: dict[str, str] = field(default_factory=dict)
    """Path of the instance -> its Sensor Units."""
    tokens: dict[str, str] = field(default_factory=dict)
    """Path -> token of its observation, hexadecimal."""


_FORM: Final = TypeAdapter(list[Kept])


class Memory:
    """Keeps the devices in one file; without a place nothing is kept.

    What changed in the last ten seconds before a crash is lost: such a device registers again (4.04).

    :param devices: what is to be kept now.
    """

    def __init__(self, devices: Callable[[], list[Kept]], clock: Clock, counters: Counter[str]) -> None:
        self.path: File | None = None
        self._devices = devices
        self._clock = clock
        self._counters = counters
        self._saved = b""
        self._kept: dict[str, Kept] = {}
        """By endpoint, as it was told last."""

    def load(self) -> list[Kept]:
        """What was written last; a file that cannot be read is counted, and the devices register again."""
        if self.path is None or not self.path.exists():
            return []
        try:
            with self.path.open("rb") as file:
                return _FORM.validate_json(file.read(MAX_FILE))
        except (OSError, ValidationError):
            self._counters["memory_unreadable"] += 1
            return []

    async def run(self) -> None:
        """Save now and then, and at the end."""
        try:
            while True:
                await self._clock.sleep(SAVE_S)
                data = self._changed()
                if data is not None:
                    await whole(partial(self._write, data))
        finally:
            data = self._changed()
            if data is not None:
                self._write(data)

    def _changed(self) -> bytes | None:
        if self.path is None:
            return None
        self._kept = {one.registration.endpoint: self._steady(one) for one in self._devices()}
        data = _FORM.dump_json(list(self._kept.values()))
        if data == self._saved:
            return None
        return data

    def _steady(self, one: Kept) -> Kept:
        """With the stamps of before where they are near enough."""
        before = self._kept.get(one.registration.endpoint)
        if before is None:
            return one
        renewed_ms, heard_ms = before.renewed_ms, before.heard_ms
        if abs(one.renewed_ms - renewed_ms) >= RENEWED_MS:
            renewed_ms, heard_ms = one.renewed_ms, one.heard_ms
        if abs(one.heard_ms - heard_ms) >= HEARD_MS:
            heard_ms = one.heard_ms
        return replace(one, renewed_ms=renewed_ms, heard_ms=heard_ms)

    def _write(self, data: bytes) -> None:
        assert self.path is not None  # noqa: S101 - asked before
        files = FileOps()
        try:
            files.make_directory(self.path.parent)
            files.replace(self.path, data)
            self._saved = data
        except OSError:
            self._counters["memory_not_written"] += 1
