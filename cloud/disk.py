"""What must outlive a power cut, and whether there is room for it."""

import os
import shutil
from pathlib import Path
from typing import Final

SPACE: Final = 64 << 20
"""Bytes below which nobody can be sure that the next commit, and the broker's next message, find room."""


def free_bytes(folder: Path) -> int:
    """What is left on the disk of a folder.

    :raises OSError: it is not there, or its disk cannot be asked.
    """
    return shutil.disk_usage(folder).free


def shortage(folder: Path) -> str | None:
    """What is to be said of a disk that is full, or nearly; None: there is room."""
    try:
        free = free_bytes(folder)
    except OSError as error:
        return f"{folder}: {error.strerror or error}"
    return None if free >= SPACE else f"{folder}: {free >> 20} MB left on its disk, {SPACE >> 20} MB are needed"


def to_disk(path: Path) -> None:
    """Return when a file's content, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
