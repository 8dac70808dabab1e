"""The data logger's memory: uploads stay in it until the data centre has acknowledged them."""

from dataclasses import dataclass
from typing import Final

from simulators.truth import Said

MAX_LOG: Final = 10_000
"""Uploads; a week of minutes. When it is full the oldest is dropped and counted."""


@dataclass(slots=True)
class Upload:
    """One 2011 packet, never changed once it was made."""

    qn: str
    frame: bytes
    said: tuple[Said, ...]
    """Its readings, for the witness."""
    sent: bool = False
    """Whether it was tried."""


class UploadLog:
    """What waits: the newest reading goes first as long as it was never tried, then the backlog from the oldest on."""

    def __init__(self, limit: int = MAX_LOG) -> None:
        self._limit = limit
        self._waiting: dict[str, Upload] = {}
        self._newest = ""
        self.dropped = 0
        """How many were lost because the memory was full."""

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, qn: str) -> bool:
        return qn in self._waiting

    def add(self, upload: Upload) -> None:
        """Keep a new one; the oldest goes when there is no room."""
        if len(self._waiting) >= self._limit:
            del self._waiting[next(iter(self._waiting))]
            self.dropped += 1
        self._waiting[upload.qn] = upload
        self._newest = upload.qn

    def following(self) -> Upload | None:
        """Which one is to be sent now."""
        if not self._waiting:
            return None
        newest = self._waiting.get(self._newest)
        return next(iter(self._waiting.values())) if newest is None or newest.sent else newest

    def remove(self, qn: str) -> Upload | None:
        """Take one out; None when it does not wait (acknowledged twice, or by mistake)."""
        return self._waiting.pop(qn, None)
