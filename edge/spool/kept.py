"""Files of which the cloud has everything: the last of them stay, should the cloud be restored from a backup."""

from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from edge.spool.files import FileOps


class _File(NamedTuple):
    path: Path
    size: int


class Kept:
    """A folder beside the spool's files; oldest first, bounded in bytes.

    :param max_bytes: beyond it the oldest go; 0: none is kept.
    """

    def __init__(self, directory: Path, files: FileOps, max_bytes: int) -> None:
        self._directory = directory
        self._files = files
        self._max_bytes = max_bytes
        self._kept: deque[_File] = deque()

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(one.size for one in self._kept)

    @property
    def newest(self) -> int:
        """The greatest number of a file; 0 when there is none."""
        return int(self._kept[-1].path.stem) if self._kept else 0

    def open(self) -> None:
        """Find what an earlier run kept.

        :raises OSError: the disk refuses.
        """
        with suppress(FileNotFoundError):
            for path in self._files.list(self._directory, ".seg"):
                if path.stem.isascii() and path.stem.isdigit():
                    self._kept.append(_File(path, self._files.size(path)))
        self._trim()

    def keep(self, path: Path, size: int) -> None:
        """Take a file over.

        :raises OSError: the disk refuses.
        """
        if size > self._max_bytes:
            self._files.unlink(path)
            return
        self._files.make_directory(self._directory)
        target = self._directory / path.name
        self._files.rename(path, target)
        self._kept.append(_File(target, size))
        self._trim()

    def drop_oldest(self) -> bool:
        """Room on a full disk; False when there is none here.

        :raises OSError: the disk refuses.
        """
        if not self._kept:
            return False
        self._files.unlink(self._kept.popleft().path)
        return True

    def give_back(self, directory: Path) -> list[tuple[Path, int]]:
        """All of them into that folder, oldest first: paths and bytes.

        :raises OSError: the disk refuses; those that were moved are in the folder at the next start.
        """
        found = []
        taken = {path.name for path in self._files.list(directory, ".seg")}
        while self._kept:
            path, size = self._kept.popleft()
            if path.name in taken:  # an agent that did not know of this folder began to count anew
                continue
            self._files.rename(path, directory / path.name)
            found.append((directory / path.name, size))
        return found

    def _trim(self) -> None:
        while self._kept and self.size > self._max_bytes:
            self.drop_oldest()
