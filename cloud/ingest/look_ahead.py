"""Which of the envelopes that wait other workers hold already, asked of the ledger that they share."""

from collections.abc import Sequence

from cloud.ingest.ledger import Ledger
from cloud.ingest.parcel import Parcel, Source
from cloud.registry import envelopes
from cloud.registry.database import Database
from cloud.store.port import EnvelopeKey
from protocols.uplink import read_header
from protocols.vocabulary import ProtocolError


class LookAhead:
    """One question for many parcels.

    :param registry: whose table of envelopes all workers write.
    """

    def __init__(self, ledger: Ledger, registry: Database) -> None:
        self._ledger = ledger
        self._registry = registry

    def look(self, parcels: Sequence[Parcel]) -> list[EnvelopeKey]:
        """Of these, what the ledger here does not know and others hold; blocks.

        :raises SQLAlchemyError: the registry cannot be asked.
        """
        names = list({name for parcel in parcels if (name := self._unknown(parcel)) is not None})
        if not names:
            return []
        with self._registry.read() as tx:
            found = envelopes.digests(tx, names)
        return [EnvelopeKey(*name, digest) for name, digest in found.items()]

    def _unknown(self, parcel: Parcel) -> envelopes.Name | None:
        if parcel.source is not Source.ENVELOPE:
            return None
        try:
            header = read_header(parcel.payload)
        except ProtocolError:
            return None  # its reader will say so
        name = (header.gateway, int(header.stream), header.epoch, header.sequence)
        return None if self._ledger.knows(name) else name
