"""Which commands were begun and how they ended: on disk before the device is touched, so that nothing is done twice."""

import json
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from edge.spool.files import FileOps
from protocols import strict_json
from protocols.uplink import Command, Result
from protocols.vocabulary import ProtocolError

SUFFIX: Final = ".journal"
MAX_ENDED: Final = 2000
"""Results kept, to be told again when a command comes again; an older command is known by its version."""
MAX_POINTS: Final = 100_000
"""Points whose newest version is known; beyond it the longest untouched goes, and its commands' expiry protects it."""
_ROLL_BYTES: Final = 1 << 20
"""A file that has grown by so much is written anew without what is over."""

Entry = Command | Result
"""A command that begins, or what became of one."""


class Journal:
    """Call ``load`` first. What ``commit`` was given is known, and on disk, when it returns; a thread may call it.

    A command is applied at most once because of the versions: whatever is begun raises the version of its points, and
    what is not above that is never begun again. Identifiers serve to repeat an answer.
    """

    def __init__(self, directory: Path, files: FileOps | None = None) -> None:
        self.damaged = 0
        """Lines that were none; each may have been a command that was begun."""
        self._directory = directory
        self._files = files or FileOps()
        self._newest: OrderedDict[str, int] = OrderedDict()
        self._begun: dict[str, Command] = {}
        self._ended: OrderedDict[str, Result] = OrderedDict()
        self._number = 0
        self._descriptor: int | None = None
        self._size = 0
        self._rolled_size = 0

    def load(self) -> None:
        """Read what an earlier run left. Blocks.

        :raises OSError: the disk cannot be read.
        """
        self._files.make_directory(self._directory)
        for path in self._files.list(self._directory, SUFFIX):
            self._number = max(self._number, int(path.stem))
            for line in self._files.read(path).split(b"\n")[:-1]:
                try:
                    self._learn(_unpacked(line))
                except ProtocolError:
                    self.damaged += 1

    def newest(self, point: str) -> int:
        """The version of the last command that was begun at a point; -1: none was."""
        return self._newest.get(point, -1)

    def ended(self, command: str) -> Result | None:
        """What became of a command; None: not known, or not over."""
        return self._ended.get(command)

    def unfinished(self) -> list[Command]:
        """Begun, and nobody knows how they ended."""
        return list(self._begun.values())

    def commit(self, entries: Iterable[Entry]) -> None:
        """Write, in one go; blocks until it is on disk.

        :raises OSError: the disk refused: nothing of it counts.
        """
        lines = [_packed(entry) for entry in entries]
        if self._descriptor is None or self._size - self._rolled_size > _ROLL_BYTES:
            self._roll()
        assert self._descriptor is not None  # noqa: S101 - rolled
        data = b"".join(lines)
        try:
            self._files.append(self._descriptor, data)
            self._files.datasync(self._descriptor)
        except OSError:
            self.close()  # nobody knows what is in it now: the next commit begins a new one
            raise
        self._size += len(data)
        for line in lines:
            self._learn(_unpacked(line[:-1]))

    def close(self) -> None:
        """Let the file go; the next commit begins a new one."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            self._files.close(descriptor)

    def _roll(self) -> None:
        """Begin a new file with all that is known; the old ones go when it is on disk."""
        self.close()
        old = self._files.list(self._directory, SUFFIX)
        self._number += 1
        descriptor = self._files.create(self._directory / f"{self._number:010d}{SUFFIX}")
        data = b"".join(self._everything())
        try:
            self._files.append(descriptor, data)
            self._files.datasync(descriptor)
        except OSError:
            self._files.close(descriptor)
            raise
        self._descriptor, self._size, self._rolled_size = descriptor, len(data), len(data)
        for path in old:
            self._files.unlink(path)

    def _everything(self) -> Iterator[bytes]:
        for point, version in self._newest.items():
            yield _line({"newest": [point, version]})
        for command in self._begun.values():
            yield _packed(command)
        for result in self._ended.values():
            yield _packed(result)

    def _learn(self, told: "Entry | tuple[str, int]") -> None:
        match told:
            case Command():
                if told.id not in self._ended:
                    self._begun[told.id] = told
                for point in told.points():
                    self._raise(str(point), told.version)
            case Result():
                self._begun.pop(told.id, None)
                self._ended[told.id] = told
                self._ended.move_to_end(told.id)
                while len(self._ended) > MAX_ENDED:
                    self._ended.popitem(last=False)
            case (point, version):
                self._raise(point, version)

    def _raise(self, point: str, version: int) -> None:
        self._newest[point] = max(version, self.newest(point))
        self._newest.move_to_end(point)
        while len(self._newest) > MAX_POINTS:
            self._newest.popitem(last=False)


def _packed(entry: Entry) -> bytes:
    return _line({"begun" if isinstance(entry, Command) else "ended": entry.body()})


def _line(told: dict[str, Any]) -> bytes:
    text = json.dumps(told, separators=(",", ":")).encode()
    return b"%08x %b\n" % (zlib.crc32(text), text)


def _unpacked(line: bytes) -> "Entry | tuple[str, int]":
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(text):
        raise ProtocolError("journal: the checksum is wrong", line)
    match strict_json.loads(text, "journal"):
        case {"begun": dict(body)}:
            return Command.of(body)
        case {"ended": dict(body)}:
            return Result.of(body)
        case {"newest": [str(point), int(version)]}:
            return point, version
    raise ProtocolError("journal: an entry that is none", line)
