"""A backup: everything that cannot be had again, as of one moment, with sums by which it can be checked."""

import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any, Final, Protocol

from sqlalchemy.engine import make_url

from cloud.disk import to_disk
from cloud.restored import Restored
from protocols.vocabulary import YingzhouError

MANIFEST: Final = "backup.json"
FORMAT: Final = 2
_READ: Final = frozenset({1, FORMAT})
"""1: what is not sorted lies in DuckDB row by row, which is taken over when it is opened."""
STORE: Final = "readings.duckdb"
_REGISTRY: Final = "registry.sqlite"
_COPIED: Final = ("secrets", "pictures")
_CHUNK: Final = 1 << 20


class BackupError(YingzhouError):
    """It is not a whole backup, or cannot be made or brought back."""


class Copied(Protocol):
    """A store that can be copied while it runs."""

    def snapshot(self, folder: Path) -> int: ...


def make(data: Path, store: Copied, registry_url: str, now_ms: int, folder: Path) -> dict[str, Any]:
    """Put a backup into an empty folder of the same file system, and return what its ``backup.json`` says.

    First the store, then the registry: what a reading refers to is there, and what was acknowledged is in one of them.

    :raises OSError: there is no room.
    """
    readings = store.snapshot(folder)
    url = make_url(registry_url)
    sqlite = url.get_backend_name() == "sqlite" and Path(str(url.database)).is_file()
    if sqlite:
        with (
            closing(sqlite3.connect(str(url.database))) as source,
            closing(sqlite3.connect(folder / _REGISTRY)) as copy,
        ):
            source.backup(copy)
    for name in _COPIED:
        if (data / name).is_dir():
            shutil.copytree(data / name, folder / name, copy_function=_linked)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    manifest = {
        "format": FORMAT,
        "taken_ms": now_ms,
        "readings": readings,
        "registry": "sqlite" if sqlite else "elsewhere",
        "files": [[str(path.relative_to(folder)), path.stat().st_size, _sum(path)] for path in files],
    }
    (folder / MANIFEST).write_text(json.dumps(manifest))
    return manifest


def check(folder: Path) -> dict[str, Any]:
    """What ``backup.json`` says, when all of it is there and as it was.

    :raises BackupError: something is missing, or other than it was.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        raise BackupError(f"{folder}: no {MANIFEST} in it: expected a backup") from None
    except ValueError as error:
        raise BackupError(f"{folder / MANIFEST}: {error}") from None
    if manifest.get("format") not in _READ:
        raise BackupError(f"{folder}: format {manifest.get('format')}: expected {' or '.join(map(str, sorted(_READ)))}")
    for name, size, digest in manifest["files"]:
        path = folder / name
        if folder.resolve() not in path.resolve().parents:
            raise BackupError(f"{folder}: {name}: outside of the backup")
        if not path.is_file():
            raise BackupError(f"{folder}: {name} is missing")
        if path.stat().st_size != size or _sum(path) != digest:
            raise BackupError(f"{folder}: {name} is not as it was")
    return manifest


def packed(folder: Path) -> Iterator[bytes]:
    """A backup as the bytes of a tar file."""
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    for path in sorted(files, key=lambda one: one != folder / MANIFEST):  # first what the others are checked by
        name = str(path.relative_to(folder))
        with path.open("rb") as file:
            info = tarfile.TarInfo(name)
            info.size = os.fstat(file.fileno()).st_size
            info.mode = 0o600
            yield info.tobuf(tarfile.PAX_FORMAT)
            while chunk := file.read(_CHUNK):
                yield chunk
        yield bytes(-info.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def unpack(file: IO[bytes], folder: Path) -> None:
    """The other way, into an empty folder.

    :raises BackupError: it is no tar file, or cut short.
    """
    try:
        with tarfile.open(fileobj=file, mode="r|") as tar:
            tar.extractall(folder, filter="data")
    except tarfile.TarError as error:
        raise BackupError(f"no backup: {error}") from None


def bring_back(folder: Path, data: Path, now_ms: int) -> dict[str, Any]:
    """Move a checked backup that lies in the same file system into an empty data folder.

    :returns: what ``restored.json`` says.
    :raises BackupError: there is something in the data folder already.
    """
    manifest = check(folder)
    taken = [name for name in (STORE, _REGISTRY, *_COPIED) if (data / name).exists()]
    if taken:
        raise BackupError(f"{data}: {taken[0]} is there already: expected an empty folder")
    for path in sorted(folder.iterdir()):
        if path.name != MANIFEST:
            path.rename(data / path.name)
    if (data / "secrets").is_dir():
        (data / "secrets").chmod(0o700)
        for path in (data / "secrets").iterdir():
            path.chmod(0o600)
    told = Restored(manifest["taken_ms"], now_ms, manifest["readings"])
    told.write(data)
    for path in (data, *data.rglob("*")):
        to_disk(path)
    return {**told._asdict(), "registry": manifest["registry"]}


def _linked(source: str, target: str) -> str:
    os.link(source, target)
    return target


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
