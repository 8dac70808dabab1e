"""Parcels that came and are not decoded yet, bounded in number and in bytes: at the bound their senders hold back."""

from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Final

from cloud.ingest.parcel import Parcel

MAX_PARCELS: Final = 4000
"""Parcels that may wait before the brokers are asked to hold back."""
MAX_BYTES: Final = 64 << 20
"""Likewise, of all payloads together: 4,000 of the largest envelopes would be 4 GB."""


class Backlog:
    """First come, first served.

    Counter: ``holds``, how often its senders were asked to hold back.

    :param hold: told True at the bound, False when half of it is free again.
    """

    def __init__(self, hold: Callable[[bool], None]) -> None:
        self.bytes = 0
        self.held_back = False
        self.holds = 0
        self._hold = hold
        self._parcels: deque[Parcel] = deque()

    def __len__(self) -> int:
        return len(self._parcels)

    def add(self, parcel: Parcel) -> None:
        """Take one; none is refused, for who sent it was not held back in time."""
        self._parcels.append(parcel)
        self.bytes += len(parcel.payload)
        if not self.held_back and (len(self._parcels) >= MAX_PARCELS or self.bytes >= MAX_BYTES):
            self.held_back = True
            self.holds += 1
            self._hold(True)

    def first(self) -> Parcel:
        """The one that waits longest; it stays until it is dropped."""
        return self._parcels[0]

    def head(self, most: int) -> list[Parcel]:
        """Those that wait longest; they stay."""
        return list(islice(self._parcels, most))

    def drop_first(self) -> None:
        """It was decoded."""
        self.bytes -= len(self._parcels.popleft().payload)

    def relieve(self) -> None:
        """Let the senders go on when there is room."""
        if self.held_back and len(self._parcels) < MAX_PARCELS // 2 and self.bytes < MAX_BYTES // 2:
            self.held_back = False
            self._hold(False)
