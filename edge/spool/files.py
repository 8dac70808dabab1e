"""Every file call of the spool, in one place, so that a test can cut the power between any two of them.

Whoever else keeps a small file (configurations from afar, what links remember) keeps it by the same calls.
"""

import os
import zlib
from pathlib import Path


def summed(body: bytes) -> bytes:
    """A file's bytes that show by themselves when they were torn or altered: CRC-32, hexadecimal, and the body."""
    return b"%08x\n" % zlib.crc32(body) + body


def unsummed(data: bytes) -> bytes | None:
    """The body that summed() was given; None: these are not its bytes."""
    checksum, _, body = data.partition(b"\n")
    return body if checksum == b"%08x" % zlib.crc32(body) else None


class FileOps:
    """The machine's file system."""

    def make_directory(self, path: Path) -> None:
        """With what lies above it; on disk when this returns."""
        if not path.is_dir():
            path.mkdir(parents=True, mode=0o700)
            self.sync_directory(path.parent)

    def create(self, path: Path) -> int:
        """A new file for appending; its directory entry is on disk when this returns."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self.sync_directory(path.parent)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def append(self, descriptor: int, data: bytes) -> None:
        """All of ``data``, at the end."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def datasync(self, descriptor: int) -> None:
        """What was written is on the disk when this returns."""
        os.fdatasync(descriptor)

    def close(self, descriptor: int) -> None:
        os.close(descriptor)

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def size(self, path: Path) -> int:
        return path.stat().st_size

    def truncate(self, path: Path, length: int) -> None:
        """Cut a torn tail off, on disk when this returns."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.ftruncate(descriptor, length)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def unlink(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def rename(self, source: Path, target: Path) -> None:
        source.replace(target)

    def replace(self, path: Path, data: bytes) -> None:
        """The file holds the old bytes or the new ones, never neither."""
        draft = path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            self.append(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        draft.replace(path)
        self.sync_directory(path.parent)

    def sync_directory(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def list(self, directory: Path, suffix: str) -> list[Path]:
        """Files of that suffix, sorted by name."""
        return sorted(p for p in directory.iterdir() if p.suffix == suffix)
