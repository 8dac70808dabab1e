"""What nats-server says of itself in its log, and whether it must be started anew to be of use again."""

import os
import shutil
from pathlib import Path
from typing import Final

_STORES_NOT: Final = b"failed to store a msg"
_FULL: Final = b"no space left on device"
_SPACE: Final = 16 << 20
"""Bytes that must be free before it has a chance."""
_AT_ONCE: Final = 1 << 20
"""Bytes of the log that are looked at; what is before them is left out, the newest lines say it again."""


class Sickness:
    """nats-server 2.15 refuses every message after one that a full disk refused, for as long as it runs.

    :param log: where it writes, from its present end on.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._at = log.stat().st_size if log.exists() else 0
        self._told = False

    def must_be_restarted(self) -> bool:
        """It said that it stores nothing, and there is space again; blocks for a moment."""
        if not self._told:
            self._told = _says_so(self._new())
        return self._told and shutil.disk_usage(self._log.parent).free >= _SPACE

    def _new(self) -> bytes:
        with self._log.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(min(self._at, end), end - _AT_ONCE))
            self._at = end
            return file.read(_AT_ONCE)


def _says_so(text: bytes) -> bool:
    return any(_STORES_NOT in line and _FULL in line for line in text.splitlines())
