"""The pictures on the gateway: a bounded folder that survives a killed process; what is wanted waits to be sent."""

import asyncio
import json
import logging
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from edge.spool.files import FileOps
from protocols.vocabulary import Clock

log = logging.getLogger(__name__)

KEPT: Final = ".kept"
"""Suffix of a picture that nobody wants yet."""
WANTED: Final = ".wanted"
"""Suffix of one that waits to be sent."""
_DRAFT: Final = ".new"
_MAX_HEAD: Final = 1024


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A picture that may leave, and whose it is."""

    source: str
    time_ms: int
    sha256: str
    size: int
    """Bytes of the JPEG file."""
    reasons: tuple[str, ...]

    @property
    def name(self) -> str:
        """Of its file: pictures sort by time."""
        return f"{self.time_ms:014d}-{self.sha256}"

    def head(self) -> bytes:
        """The line in front of the picture in its file."""
        told = {"source": self.source, "time": self.time_ms, "size": self.size, "reasons": self.reasons}
        return json.dumps(told, separators=(",", ":")).encode() + b"\n"


class Album:
    """In one thread, apart from what it leaves to the executor.

    :param max_bytes: beyond, the oldest go first: kept ones before wanted ones.
    :param max_age_ms: older ones go, whatever they are.
    """

    def __init__(
        self, folder: Path, clock: Clock, *, max_bytes: int, max_age_ms: int, files: FileOps | None = None
    ) -> None:
        self.counts: Counter[str] = Counter()
        """``kept``, ``wanted``, ``sent``; ``dropped_kept``, ``dropped_wanted``, ``expired``, ``refused``, ``not_kept``,
        ``not_removed``, ``unreadable``."""
        self.size = 0
        self._folder = folder
        self._clock = clock
        self._max_bytes = max_bytes
        self._max_age_ms = max_age_ms
        self._files = files or FileOps()
        self._pictures: dict[str, dict[str, Snapshot]] = {KEPT: {}, WANTED: {}}
        self._more = asyncio.Event()

    def open(self) -> None:
        """Find what an earlier process left."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in self._files.list(self._folder, _DRAFT):
            self._files.unlink(path)
        for suffix, pictures in self._pictures.items():
            for path in self._files.list(self._folder, suffix):
                found = self._found(path)
                if found is None:
                    self.counts["unreadable"] += 1
                    self._files.unlink(path)
                else:
                    pictures[found.name] = found
                    self.size += found.size
        self._trim()

    def _found(self, path: Path) -> Snapshot | None:
        try:
            with path.open("rb") as file:
                line = file.readline(_MAX_HEAD)
            told = json.loads(line)
            time, _, digest = path.stem.partition("-")
            found = Snapshot(told["source"], int(time), digest, told["size"], tuple(told["reasons"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return found if self._files.size(path) == len(line) + found.size else None

    async def add(self, source: str, time_ms: int, jpeg: bytes, reasons: tuple[str, ...]) -> Snapshot | None:
        """Keep a picture, and send it when there is a reason to; None: the disk does not take it, which is counted."""
        one = Snapshot(source, time_ms, sha256(jpeg).hexdigest(), len(jpeg), reasons)
        suffix = WANTED if reasons else KEPT
        path = self._folder / f"{one.name}{suffix}"
        work = asyncio.get_running_loop().run_in_executor(None, self._files.replace, path, one.head() + jpeg)
        try:
            await asyncio.shield(work)
        except OSError as error:
            self.counts["not_kept"] += 1
            log.warning("picture of %s: %s", source, error.strerror)
            return None
        self._replace_twin(one.name, suffix)
        self._pictures[suffix][one.name] = one
        self.size += one.size
        self.counts[suffix[1:]] += 1
        self._trim()
        if reasons:
            self._more.set()
        return one

    def _replace_twin(self, name: str, suffix: str) -> None:
        """The same bytes of the same instant take the place of what was there."""
        for other, pictures in self._pictures.items():
            if other != suffix and name in pictures:
                self._remove(other, pictures[name], "replaced")
            elif name in pictures:
                self.size -= pictures.pop(name).size

    def waiting(self) -> list[Snapshot]:
        """What is to be sent, oldest first."""
        self.expire()
        return sorted(self._pictures[WANTED].values(), key=lambda one: one.time_ms)

    @property
    def counted(self) -> tuple[int, int]:
        """(kept, wanted): how many there are."""
        return len(self._pictures[KEPT]), len(self._pictures[WANTED])

    async def more(self) -> None:
        """Until a further picture waits to be sent."""
        self._more.clear()
        await self._more.wait()

    def want_nearest(self, source: str, time_ms: int) -> Snapshot | None:
        """Send the kept picture of a camera that is nearest to an instant; None: there is none."""
        mine = [one for one in self._pictures[KEPT].values() if one.source == source]
        found = min(mine, key=lambda one: abs(one.time_ms - time_ms), default=None)
        if found is None:
            return None
        try:
            self._files.rename(self._folder / f"{found.name}{KEPT}", self._folder / f"{found.name}{WANTED}")
        except OSError as error:
            log.warning("picture of %s: %s", source, error.strerror)
            self._remove(KEPT, found, "unreadable")
            return None
        self._pictures[WANTED][found.name] = self._pictures[KEPT].pop(found.name)
        self.counts["wanted"] += 1
        self._more.set()
        return found

    def read(self, one: Snapshot) -> bytes | None:
        """The JPEG file; None when it is there no more or damaged: it is given up then."""
        try:
            jpeg = self._files.read(self._folder / f"{one.name}{WANTED}").partition(b"\n")[2]
        except OSError:
            jpeg = b""
        if sha256(jpeg).hexdigest() == one.sha256:
            return jpeg
        self._remove(WANTED, one, "unreadable")
        return None

    def sent(self, one: Snapshot) -> None:
        """The cloud has it: it is kept here no longer."""
        self._remove(WANTED, one, "sent")

    def refused(self, one: Snapshot) -> None:
        """The cloud will never take it."""
        self._remove(WANTED, one, "refused")

    def expire(self) -> None:
        """Delete what is too old."""
        oldest_ms = self._clock.now_ms() - self._max_age_ms
        for suffix, pictures in self._pictures.items():
            for one in [picture for picture in pictures.values() if picture.time_ms < oldest_ms]:
                self._remove(suffix, one, "expired")

    def _trim(self) -> None:
        self.expire()
        for suffix, pictures in self._pictures.items():
            while self.size > self._max_bytes and pictures:
                oldest = min(pictures.values(), key=lambda one: one.time_ms)
                self._remove(suffix, oldest, f"dropped_{suffix[1:]}")

    def _remove(self, suffix: str, one: Snapshot, why: str) -> None:
        if self._pictures[suffix].pop(one.name, None) is None:
            return
        self.size -= one.size
        self.counts[why] += 1
        try:
            self._files.unlink(self._folder / f"{one.name}{suffix}")
        except OSError as error:  # it is found again at the next start
            self.counts["not_removed"] += 1
            log.warning("picture of %s is not deleted: %s", one.source, error.strerror)
