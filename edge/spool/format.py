"""Which format a spool directory has: one of another release is refused by name, and nothing in it is touched."""

import re
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge.spool.files import FileOps
from protocols.vocabulary import ConfigError

FORMAT: Final = 1
"""Segments of records of version 1 envelopes; a directory without the file is of this format, too."""
_FILE: Final = re.compile(rb"(yingzhou spool ([0-9]{1,9})) ([0-9a-f]{8})\n")


def claim(files: FileOps, directory: Path) -> None:
    """Refuse another format; write the file where it is missing or damaged.

    :raises ConfigError: the directory is of another format.
    """
    path = directory / "format"
    found = None
    with suppress(OSError):
        found = _FILE.fullmatch(files.read(path))
    if found is not None and found[3] == b"%08x" % zlib.crc32(found[1]):
        if int(found[2]) != FORMAT:
            raise ConfigError(
                f"spool {directory}: its format is {int(found[2])}, this release knows format {FORMAT}: let the "
                "release that wrote it deliver what waits there, or choose another gateway.data; nothing was changed"
            )
        return
    with suppress(OSError):  # a disk that cannot be written is told of by the first commit
        files.replace(path, written(FORMAT))


def written(number: int) -> bytes:
    """The file's bytes."""
    said = b"yingzhou spool %d" % number
    return said + b" %08x\n" % zlib.crc32(said)
