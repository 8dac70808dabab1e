"""Envelopes let in or refused: sender, MAC, what is held already, and whose readings these are."""

import hashlib
from collections.abc import Sequence
from typing import Final

from cloud.ingest.events import take_events
from cloud.ingest.ledger import Ledger, Seen
from cloud.ingest.opened import place
from cloud.ingest.parcel import Opened, Parcel, Prepared, Runs, Source
from cloud.ingest.resolver import Resolver
from cloud.registry.directory import Directory
from cloud.registry.mac_keys import MacKeys
from cloud.registry.quarantine import Suspect
from cloud.store.port import EnvelopeKey
from protocols.uplink import Header, Stream, expand, read_header, verify
from protocols.uplink.columns import read_body
from protocols.uplink.envelope import stored_body
from protocols.vocabulary import Clock, ProtocolError
from protocols.vocabulary.topics import topic

AHEAD_MS: Final = 600_000
"""How far a stamp may be ahead of the cloud's clock, unless the configuration says otherwise."""


class Refused(Exception):
    """A whole message that goes to quarantine."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class EnvelopeReader:
    """Checks and decodes envelopes.

    Counters: ``duplicates`` (envelopes that were held already), ``security_events`` (wrong MAC, altered content).

    :param ahead_ms: how far a stamp may be ahead of our clock.
    """

    def __init__(
        self, keys: MacKeys, directory: Directory, ledger: Ledger, clock: Clock, *, ahead_ms: int = AHEAD_MS
    ) -> None:
        self.duplicates = 0
        self.security_events = 0
        self._keys = keys
        self._directory = directory
        self._resolver = Resolver(directory)
        self._ledger = ledger
        self._clock = clock
        self._ahead_ms = ahead_ms

    def read(self, parcel: Parcel, into: Prepared) -> None:
        """Open an envelope; one that is known already is only to be answered.

        :raises Refused: the whole envelope belongs into quarantine.
        :raises ProtocolError: it is malformed.
        """
        envelope = parcel.payload
        header = read_header(envelope)
        if parcel.source is not Source.REMAINDER:
            self._check_sender(parcel, header)
        if parcel.source is Source.ENVELOPE:
            key = EnvelopeKey(header.gateway, header.stream, header.epoch, header.sequence, _digest(envelope, header))
            if not self._is_new(key, into):
                return
            into.envelopes.append(key)
        if header.stream is Stream.EVENTS:
            take_events(envelope, header, self._directory, self._clock.now_ms(), into, ahead_ms=self._ahead_ms)
            return
        body = read_body(expand(envelope, header), header.readings)
        resolved = self._resolver.resolve(header.gateway, body)
        into.opened.append(
            Opened(parcel, header, body, resolved, self._resolver.column(header.gateway, body, resolved))
        )

    def place(self, opened: Sequence[Opened], into: Prepared) -> list[Runs] | None:
        """As :func:`cloud.ingest.opened.place`."""
        return place(opened, self._clock.now_ms(), self._ahead_ms, into)

    def _check_sender(self, parcel: Parcel, header: Header) -> None:
        if header.gateway != parcel.gateway or parcel.topic != topic(header.gateway, header.stream.leaf):
            self.security_events += 1
            raise Refused(
                "gateway_mismatch", f"envelope of {header.gateway}'s {header.stream.name.lower()} on {parcel.topic}"
            )
        keys = self._keys.mac_keys(header.gateway)
        if not keys:
            raise Refused("unknown_gateway", f"{header.gateway} is not registered or has no credentials")
        if not any(verify(parcel.payload, key) for number, key in keys.items() if number % 256 == header.key_id):
            self.security_events += 1
            raise Refused(
                "bad_mac", f"envelope {header.epoch}/{header.sequence}: the MAC is wrong for key {header.key_id}"
            )

    def _is_new(self, key: EnvelopeKey, into: Prepared) -> bool:
        seen = self._ledger.look(key)
        into.answers.setdefault(key.gateway, {}).setdefault((key.stream, key.epoch), []).append(key.sequence)
        if seen is Seen.CONFLICT:
            self.security_events += 1
            raise Refused("conflicting_envelope", f"{key.epoch}/{key.sequence} was stored with other content")
        self.duplicates += seen is not Seen.NEW
        return seen is Seen.NEW


def _digest(envelope: bytes, header: Header) -> int:
    """63 bits over what a resend repeats: the body, its count and its stamp; lane, key and MAC may differ."""
    digest = hashlib.blake2b(stored_body(envelope, header), digest_size=8)
    digest.update(b"%d,%d" % (header.readings, header.sealed_ms))
    return int.from_bytes(digest.digest(), "big") >> 1


def suspect_parcel(parcel: Parcel, error: Exception, now_ms: int) -> Suspect:
    """A whole message that could not be used, with its raw bytes."""
    reason = error.reason if isinstance(error, Refused) else "malformed"
    if not isinstance(error, (Refused, ProtocolError)):
        reason = "crashed"
    return Suspect(
        received_ms=now_ms,
        gateway=parcel.gateway,
        topic=parcel.topic,
        reason=reason,
        detail=f"{error}" or type(error).__name__,
        source=parcel.source.value,
        payload=parcel.payload,
        dedupe=f"{parcel.topic}/{reason}/{hashlib.sha256(parcel.payload).hexdigest()}",
    )
