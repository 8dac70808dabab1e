"""Which envelopes the store holds: the memory of the cloud's promise to a gateway."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Final

from cloud.store.port import EnvelopeKey, Store
from protocols.uplink import Ack, HeldRanges, Stream
from protocols.uplink.ack import MAX_RANGES
from protocols.vocabulary.ranges import RangeSet

_RECENT: Final = 200_000
_RANGES_TOLD: Final = 90
"""Newest ranges in every acknowledgement, asked for or not: one that was lost is made good by the next."""


class Seen(Enum):
    """What the ledger says of an envelope."""

    NEW = "new"
    PENDING = "pending"
    """The same is on its way to the store."""
    HELD = "held"
    CONFLICT = "conflict"
    """Same gateway, epoch and sequence, other content: a security event."""


class Ledger:
    """Idempotence on (gateway, stream, epoch, sequence).

    :param shared: other workers write it, too: here is only what was seen lately, the rest is learned when it is asked.
    """

    def __init__(self, store: Store, *, shared: bool = False) -> None:
        self._store = store
        self._shared = shared
        self._held: dict[tuple[str, int, int], RangeSet] = {}
        self._recent: OrderedDict[tuple[str, int, int, int], int] = OrderedDict()
        self._pending: dict[tuple[str, int, int, int], int] = {}

    def load(self) -> None:
        """Read what is held; blocks."""
        if self._shared:
            return
        self._held = {of: RangeSet(ranges) for of, ranges in self._store.held().items()}

    def look(self, key: EnvelopeKey) -> Seen:
        """Where an envelope stands; a new one is pending from now on.

        One that is too old to be known by its content counts as new: its readings are known by themselves.
        """
        name = key[:4]
        if name in self._pending:
            return Seen.PENDING if self._pending[name] == key.digest else Seen.CONFLICT
        digest = None
        if key.sequence in self._held.get(key[:3], ()):
            digest = self._recent.get(name)
            if digest is None:
                digest = self._store.digest(*name)
        if digest is None:
            self._pending[name] = key.digest
            return Seen.NEW
        return Seen.HELD if digest == key.digest else Seen.CONFLICT

    def knows(self, name: tuple[str, int, int, int]) -> bool:
        """Whether it is held or pending here; what others hold has to be learned."""
        return name in self._pending or name[3] in self._held.get(name[:3], ())

    def learned(self, keys: Iterable[EnvelopeKey]) -> None:
        """Others have brought them into the store."""
        self.committed(key for key in list(keys) if key[:4] not in self._pending)

    def committed(self, keys: Iterable[EnvelopeKey]) -> None:
        """The store has them."""
        for key in keys:
            self._pending.pop(key[:4], None)
            held = self._held.setdefault(key[:3], RangeSet())
            held.add(key.sequence)
            if self._shared and len(held) > 2 * _RANGES_TOLD:  # with every second number elsewhere it would only grow
                self._held[key[:3]] = RangeSet(list(held)[-_RANGES_TOLD:])
            self._recent[key[:4]] = key.digest
        while len(self._recent) > _RECENT:
            self._recent.popitem(last=False)

    def forget(self, keys: Iterable[EnvelopeKey]) -> None:
        """They did not reach the store; when they come again they are new."""
        for key in keys:
            self._pending.pop(key[:4], None)

    def held_of(self, gateway: str) -> dict[tuple[int, int], RangeSet]:
        """(stream, epoch) -> what is held of one gateway; not of what others bring (``shared``)."""
        return {(stream, epoch): ranges for (of, stream, epoch), ranges in self._held.items() if of == gateway}

    def acknowledgement(self, gateway: str, asked: Mapping[tuple[int, int], Iterable[int]]) -> Ack:
        """What the store holds of a gateway around these sequences, by (stream, epoch), and its newest ranges."""
        held = []
        for (stream, epoch), sequences in asked.items():
            ranges = self._held.get((gateway, stream, epoch), RangeSet())
            told = {found for sequence in sequences if (found := ranges.around(sequence)) is not None}
            told.update(list(ranges)[-_RANGES_TOLD:])
            if told:
                held.append(HeldRanges(Stream(stream), epoch, tuple(sorted(told)[-MAX_RANGES:])))
        return Ack(gateway, tuple(held))
