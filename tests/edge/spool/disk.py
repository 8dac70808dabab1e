"""Doubles of the spool's file calls: a disk whose power can be cut, and a real one that fails when told."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from random import Random

from edge.spool.files import FileOps
from edge.spool.record import RecordKey
from edge.spool.spool import Spool
from protocols.vocabulary import Clock, ManualClock


class PowerCut(Exception):
    """The machine is off; what was not on disk may be gone."""


class _Inode:
    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)
        self.durable = data


class PowerDisk(FileOps):
    """Files in memory that know which of their bytes and names survive.

    Data is durable up to the last sync; of what came later any beginning may survive, or room for it filled with zeros.
    Names are a journal: of the changes since the directory was last synced any beginning may survive.
    """

    def __init__(self) -> None:
        self.calls_left: int | None = None
        """How many steps until the power is cut; None: it stays."""
        self._names: dict[Path, _Inode] = {}
        self._durable_names: dict[Path, _Inode] = {}
        self._journal: list[Callable[[dict[Path, _Inode]], object]] = []
        self._open: dict[int, _Inode] = {}
        self._next_descriptor = 1000

    def _step(self) -> None:
        if self.calls_left is not None:
            if self.calls_left == 0:
                raise PowerCut
            self.calls_left -= 1

    def _change(self, change: Callable[[dict[Path, _Inode]], object]) -> None:
        change(self._names)
        self._journal.append(change)

    def make_directory(self, path: Path) -> None:
        pass

    def sync_directory(self, path: Path) -> None:
        self._step()
        for change in self._journal:
            change(self._durable_names)
        self._journal.clear()

    def create(self, path: Path) -> int:
        self._step()
        inode = _Inode()
        self._change(lambda names: names.__setitem__(path, inode))
        self.sync_directory(path.parent)
        self._next_descriptor += 1
        self._open[self._next_descriptor] = inode
        return self._next_descriptor

    def append(self, descriptor: int, data: bytes) -> None:
        for start in range(0, len(data), 50):  # a write may be cut in its middle
            self._step()
            self._open[descriptor].data += data[start : start + 50]

    def datasync(self, descriptor: int) -> None:
        self._step()
        inode = self._open[descriptor]
        inode.durable = bytes(inode.data)

    def close(self, descriptor: int) -> None:
        del self._open[descriptor]

    def read(self, path: Path) -> bytes:
        if path not in self._names:
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
        return bytes(self._names[path].data)

    def size(self, path: Path) -> int:
        return len(self.read(path))

    def truncate(self, path: Path, length: int) -> None:
        self._step()
        inode = self._names[path]
        del inode.data[length:]
        self._step()
        inode.durable = bytes(inode.data)

    def unlink(self, path: Path) -> None:
        self._step()
        self._change(lambda names: names.pop(path, None))

    def rename(self, source: Path, target: Path) -> None:
        self._step()

        def move(names: dict[Path, _Inode]) -> None:
            names[target] = names.pop(source)

        self._change(move)

    def replace(self, path: Path, data: bytes) -> None:
        draft = path.with_suffix(".new")
        self._step()
        inode = _Inode()
        self._change(lambda names: names.__setitem__(draft, inode))
        self._step()
        inode.data += data
        self._step()
        inode.durable = data
        self.rename(draft, path)
        self.sync_directory(path.parent)

    def list(self, directory: Path, suffix: str) -> list[Path]:
        return sorted(path for path in self._names if path.parent == directory and path.suffix == suffix)

    def after_the_cut(self, rng: Random) -> "PowerDisk":
        """One of the states that the disk may be found in."""
        names = dict(self._durable_names)
        for change in self._journal[: rng.randint(0, len(self._journal))]:
            change(names)
        found = PowerDisk()
        for path, inode in names.items():
            loose = bytes(inode.data[len(inode.durable) :]) if inode.data.startswith(inode.durable) else b""
            kept = loose[: rng.randint(0, len(loose))]
            zeros = bytes(rng.choice([0, 0, rng.randint(0, len(loose) - len(kept))]))
            found._names[path] = found._durable_names[path] = _Inode(inode.durable + kept + zeros)
        return found


class FailingDisk(FileOps):
    """The real disk; each call in ``errors`` fails with its number so many times (None: for ever)."""

    def __init__(self) -> None:
        self.errors: dict[str, tuple[int, int | None]] = {}
        self.calls: list[str] = []

    def _maybe_fail(self, call: str) -> None:
        self.calls.append(call)
        number, times = self.errors.get(call, (0, 0))
        if times == 0:
            return
        if times is not None:
            self.errors[call] = (number, times - 1)
        raise OSError(number, os.strerror(number))

    def create(self, path: Path) -> int:
        self._maybe_fail("create")
        return super().create(path)

    def append(self, descriptor: int, data: bytes) -> None:
        number, times = self.errors.get("append", (0, 0))
        if number and times != 0:
            super().append(descriptor, data[: len(data) // 2])  # a full disk takes what fits
        self._maybe_fail("append")
        super().append(descriptor, data)

    def datasync(self, descriptor: int) -> None:
        self._maybe_fail("datasync")
        super().datasync(descriptor)

    def read(self, path: Path) -> bytes:
        self._maybe_fail("read")
        return super().read(path)

    def unlink(self, path: Path) -> None:
        self._maybe_fail("unlink")
        super().unlink(path)

    def replace(self, path: Path, data: bytes) -> None:
        self._maybe_fail("replace")
        super().replace(path, data)


def payload_of(key: RecordKey, length: int = 60) -> bytes:
    """What a record of that key must hold: computable, so that every delivery can be checked."""
    return Random(str(key)).randbytes(length)


def write(spool: Spool, count: int, length: int = 60, stream: int = 1) -> list[RecordKey]:
    """So many records in one commit."""
    keys = [spool.allocate(stream) for _ in range(count)]
    spool.commit([(key, payload_of(key, length)) for key in keys])
    return keys


def drain(spool: Spool, length: int = 60) -> list[RecordKey]:
    """Everything the backlog gives now; each content is checked."""
    keys = []
    while (found := spool.next_backlog(lambda _: False)) is not None:
        assert found.payload == payload_of(found.key, length)
        keys.append(found.key)
    return keys


def abandon(spool: Spool) -> None:
    """As a kill -9 leaves it: nothing is written any more, and the lock is gone."""
    descriptor, spool._lock_descriptor = spool._lock_descriptor, None
    assert descriptor is not None
    os.close(descriptor)


def opened(directory: Path, clock: Clock | None = None, **settings: object) -> Spool:
    return Spool(directory, clock or ManualClock(), **settings).__enter__()  # type: ignore[arg-type]
