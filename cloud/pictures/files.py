"""Picture files by their SHA-256: taken in pieces, checked as a whole, bounded, deleted in time."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from cloud.disk import to_disk
from cloud.registry import pictures
from cloud.registry.database import Database
from cloud.registry.pictures import Picture
from protocols.vocabulary import Clock, LinkDown, YingzhouError

MAX_PARTS: Final = 4
"""Pictures of one gateway that may be under way."""
MAX_PART_BYTES: Final = 256 << 20
"""Of all pictures under way; beyond, those go that nobody has gone on with for the longest."""
PART_AGE_MS: Final = 7 * 24 * 3_600_000
"""A picture that nobody goes on with is forgotten after so long."""
_PART: Final = re.compile(r"(gw-[a-z0-9-]{1,29})\.(nrn-[a-z0-9]{9})\.([0-9a-f]{64})\.([0-9]{1,9})")
_PICTURE: Final = re.compile(r"([0-9a-f]{64})\.jpg")
_BEGIN: Final = b"\xff\xd8\xff"
_END: Final = b"\xff\xd9"
_AT_ONCE: Final = 500


class NotThePicture(YingzhouError):
    """All bytes are there, and they are not what was announced; they are forgotten."""


class Upload(NamedTuple):
    """A picture on its way."""

    gateway: str
    neuron: str
    sha256: str
    time_ms: int
    size: int

    @property
    def name(self) -> str:
        """Of the file in which it grows."""
        return f"{self.gateway}.{self.neuron}.{self.sha256}.{self.size}"


class Progress(NamedTuple):
    """How far an upload is."""

    have: int
    """Bytes."""
    complete: bool = False
    fresh: bool = False
    """It became complete by this very piece."""
    fits: bool = True
    """Whether the piece began where ours ends; if not, nothing of it was taken."""


@dataclass(slots=True)
class _Part:
    have: int
    touched_ms: int


class PictureFiles:
    """All methods block; they may be called from any thread.

    :param folder: theirs alone.
    :param max_bytes: of complete pictures; beyond, the oldest arrivals go.
    :param max_age_ms: pictures that were taken before are deleted, and not shown while they wait for it.
    """

    def __init__(self, folder: Path, database: Database, clock: Clock, *, max_bytes: int, max_age_ms: int) -> None:
        self.counts: Counter[str] = Counter()
        """``stored``, ``duplicate``; ``wrong_hash``, ``parts_dropped``, ``orphans``."""
        self._folder = folder
        self._parts_folder = folder / "parts"
        self._database = database
        self._clock = clock
        self._max_bytes = max_bytes
        self.max_age_ms = max_age_ms
        self._lock = Lock()
        self._parts: dict[str, _Part] = {}

    def open(self) -> None:
        """Find what is there; what no picture of the registry needs is deleted."""
        self._parts_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        now_ms = self._clock.now_ms()
        for path in self._parts_folder.iterdir():
            if _PART.fullmatch(path.name):
                self._parts[path.name] = _Part(path.stat().st_size, now_ms)
            else:
                path.unlink()
        found = [path for path in self._folder.glob("??/*") if path.is_file()]
        for start in range(0, len(found), _AT_ONCE):
            some = found[start : start + _AT_ONCE]
            with self._database.read() as tx:
                known = pictures.known(tx, (path.stem for path in some))
            for path in some:
                if path.stem not in known or not _PICTURE.fullmatch(path.name):
                    path.unlink()
                    self.counts["orphans"] += 1

    def ask(self, upload: Upload) -> Progress:
        """How much of it is there.

        :raises NotThePicture, LinkDown: as ``take``: who was killed before he looked at the whole does so now.
        """
        return self._go_on(upload, None, b"")

    def take(self, upload: Upload, start: int, piece: bytes) -> Progress:
        """Go on with an upload: ``piece`` belongs at ``start`` and does not reach beyond the end.

        :raises NotThePicture: it is complete, and not what its hash says, or no JPEG picture.
        :raises LinkDown: the disk does not take it for now.
        """
        return self._go_on(upload, start, piece)

    def _go_on(self, upload: Upload, start: int | None, piece: bytes) -> Progress:
        with self._lock:
            if self._is_there(upload):
                return Progress(upload.size, complete=True)
            part = self._parts.get(upload.name) or _Part(0, 0)
            have = part.have
            if start is not None and start != have:
                return Progress(have, fits=False)
            try:
                if piece:
                    self._grow(upload, part, piece)
                if part.have < upload.size:
                    return Progress(part.have)
                self._complete(upload)
            except OSError as error:
                self._step_back(upload, have)
                raise LinkDown(f"the disk does not take pictures: {error.strerror}") from None
            self.counts["stored"] += 1
            return Progress(upload.size, complete=True, fresh=True)

    def _step_back(self, upload: Upload, have: int) -> None:
        """The disk refused the last step: what was there before it still counts, if it is there."""
        if have and (self._parts_folder / upload.name).exists():
            self._parts[upload.name].have = have
        else:
            self._parts.pop(upload.name, None)

    def _is_there(self, upload: Upload) -> bool:
        """The very camera's: by a hash alone nobody gets hold of somebody else's picture."""
        with self._database.read() as tx:
            there = pictures.has(tx, upload.sha256, upload.neuron)
        if there and self._path(upload.sha256).is_file():
            self._enter(upload)
            self.counts["duplicate"] += 1
            return True
        return False

    def _picture(self, upload: Upload) -> Picture:
        now_ms = self._clock.now_ms()
        return Picture(upload.sha256, upload.neuron, upload.gateway, upload.time_ms, now_ms, upload.size)

    def _grow(self, upload: Upload, part: _Part, piece: bytes) -> None:
        self._make_room(upload, len(piece))
        path = self._parts_folder / upload.name
        with path.open("r+b" if part.have else "wb") as file:
            file.truncate(part.have)  # of a piece that was written in part
            file.seek(part.have)
            file.write(piece)
        part.have += len(piece)
        part.touched_ms = self._clock.now_ms()
        self._parts[upload.name] = part

    def _make_room(self, upload: Upload, more: int) -> None:
        """Forget uploads that have stood still the longest: the gateway's own beyond MAX_PARTS, then anybody's."""
        others = [name for name in self._parts if name != upload.name]
        mine = [name for name in others if name.startswith(f"{upload.gateway}.")]
        self._drop_parts(mine, lambda: len([n for n in mine if n in self._parts]) >= MAX_PARTS)
        self._drop_parts(others, lambda: sum(part.have for part in self._parts.values()) + more > MAX_PART_BYTES)

    def _drop_parts(self, names: Iterable[str], too_many: Callable[[], bool]) -> None:
        for name in sorted((one for one in names if one in self._parts), key=lambda one: self._parts[one].touched_ms):
            if not too_many():
                return
            self._forget_part(name)
            self.counts["parts_dropped"] += 1

    def _forget_part(self, name: str) -> None:
        self._parts.pop(name, None)
        (self._parts_folder / name).unlink(missing_ok=True)

    def _complete(self, upload: Upload) -> None:
        part = self._parts_folder / upload.name
        whole = part.read_bytes()
        if hashlib.sha256(whole).hexdigest() != upload.sha256:
            self._forget_part(upload.name)
            self.counts["wrong_hash"] += 1
            raise NotThePicture("the bytes are not those of the hash in the path; begin again")
        if not (whole.startswith(_BEGIN) and whole.endswith(_END)):
            self._forget_part(upload.name)
            self.counts["no_picture"] += 1
            raise NotThePicture("these bytes are no JPEG picture")
        path = self._path(upload.sha256)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        to_disk(part)
        part.replace(path)
        to_disk(path.parent)
        del self._parts[upload.name]
        self._enter(upload)

    def _enter(self, upload: Upload) -> None:
        with self._database.begin() as tx:
            pictures.add(tx, self._picture(upload))
            needless = pictures.forget_over(tx, self._max_bytes)
        self._delete(needless)

    def read(self, sha256: str) -> bytes | None:
        """A complete picture's file."""
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError:
            return None

    @property
    def oldest_ms(self) -> int:
        """Pictures taken before are gone, or as good as gone."""
        return self._clock.now_ms() - self.max_age_ms

    def sweep(self) -> None:
        """Delete what is too old."""
        gone = 1
        while gone:
            with self._lock:
                with self._database.begin() as tx:
                    gone, needless = pictures.forget_before(tx, self.oldest_ms)
                self._delete(needless)
        with self._lock:
            stale_ms = self._clock.now_ms() - PART_AGE_MS
            for name in [name for name, part in self._parts.items() if part.touched_ms < stale_ms]:
                self._forget_part(name)
                self.counts["parts_dropped"] += 1

    def _delete(self, hashes: Iterable[str]) -> None:
        """A file that cannot be deleted is found at the next start."""
        for sha256 in hashes:
            with suppress(OSError):
                self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}.jpg"
