"""One parcel to readings that have a place and suspects that have none."""

import hashlib
from array import array
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.ingest.events import take_events
from cloud.ingest.ledger import Ledger, Seen
from cloud.ingest.parcel import Parcel, Prepared, Runs, Source
from cloud.ingest.resolver import REFUSED, Resolved, Resolver
from cloud.registry.directory import Directory
from cloud.registry.mac_keys import MacKeys
from cloud.registry.quarantine import Suspect
from cloud.store.port import Columns, EnvelopeKey
from protocols.uplink import (
    FLAG_CLOCK_UNSYNCED,
    BodyEncoder,
    Header,
    Stream,
    expand,
    read_header,
    sign,
    unsigned,
    verify,
)
from protocols.uplink.columns import Decoded, decode
from protocols.uplink.envelope import stored_body
from protocols.vocabulary import Batch, Clock, Point, ProtocolError, Reason
from protocols.vocabulary.topics import topic

EARLIEST_MS: Final = 1_577_836_800_000
"""2020-01-01T00:00Z: no device of ours is older."""
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

    def read(self, parcel: Parcel, into: Prepared) -> Runs | None:
        """The readings of an envelope that have a place; None when it is known already.

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
                return None
            into.envelopes.append(key)
        if header.stream is Stream.EVENTS:
            take_events(envelope, header, self._directory, self._clock.now_ms(), into, ahead_ms=self._ahead_ms)
            return None
        decoded = decode(expand(envelope, header), header.readings)
        points = decoded.points()
        resolved = self._resolver.resolve(header.gateway, decoded.table, points)
        runs = self._place(header, decoded, points, resolved, into)
        if runs is not None:
            runs.distinct = resolved.distinct
        return runs

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

    def _place(
        self, header: Header, decoded: Decoded, points: tuple[Point, ...], resolved: Resolved, into: Prepared
    ) -> Runs | None:
        now_ms = self._clock.now_ms()
        counts, datastreams, refusals = decoded.counts, resolved.datastreams, resolved.refusals
        rows = self._resolver.column(header.gateway, decoded, resolved)
        columns = Columns(rows, decoded.time, decoded.value, decoded.quality, _reasons(header, decoded.reasons))
        bad: dict[str, NDArray[np.bool_]] = {}
        if refusals:
            for refusal in set(refusals.values()):
                those = np.array([i for i, r in refusals.items() if r is refusal])
                bad[refusal.value] = np.repeat(np.isin(np.arange(len(points)), those), counts)
        if not decoded.finite:
            wrong = np.isinf(decoded.value) | (np.isnan(decoded.value) & (decoded.quality != 9))
            if wrong.any():
                bad["not_a_number"] = (rows != REFUSED) & ~np.isfinite(decoded.value) & (decoded.quality != 9)
        if int(decoded.time.max()) > now_ms + self._ahead_ms:
            bad["future"] = (rows != REFUSED) & (decoded.time > now_ms + self._ahead_ms)
        if int(decoded.time.min()) < EARLIEST_MS:
            bad["past"] = (rows != REFUSED) & (decoded.time < EARLIEST_MS)
        if not bad:
            return Runs(datastreams, counts, columns, each=decoded.each)
        good = np.ones(len(rows), np.bool_)
        for reason, mask in bad.items():
            good &= ~mask
            if mask.any():
                into.suspects.append(_suspect(header, reason, points, decoded, mask, now_ms))
        return _remaining(datastreams, counts, columns, good)


def _digest(envelope: bytes, header: Header) -> int:
    """63 bits over what a resend repeats: the body, its count and its stamp; lane, key and MAC may differ."""
    digest = hashlib.blake2b(stored_body(envelope, header), digest_size=8)
    digest.update(b"%d,%d" % (header.readings, header.sealed_ms))
    return int.from_bytes(digest.digest(), "big") >> 1


def _reasons(header: Header, reasons: NDArray[np.uint32]) -> NDArray[np.uint32]:
    extra = (Reason.BACKFILLED if header.late else 0) | (Reason.CLOCK if header.flags & FLAG_CLOCK_UNSYNCED else 0)
    return reasons | np.uint32(extra) if extra else reasons


def _remaining(
    datastreams: NDArray[np.int32], counts: NDArray[np.intp], columns: Columns, good: NDArray[np.bool_]
) -> Runs | None:
    if not good.any():
        return None
    ends = np.cumsum(counts)
    kept = np.add.reduceat(good.astype(np.intp), ends - counts)
    some = kept > 0
    return Runs(datastreams[some], kept[some], columns.take(good))


def _suspect(  # noqa: PLR0913 - the parts of one envelope
    header: Header, reason: str, points: tuple[Point, ...], decoded: Decoded, mask: NDArray[np.bool_], now_ms: int
) -> Suspect:
    """Some readings of an envelope, as an envelope of their own that can be replayed."""
    index = np.repeat(np.arange(len(points), dtype=np.uint32), decoded.counts)[mask]
    batch = Batch(
        points,
        array("I", index.tobytes()),
        array("q", decoded.time[mask].tobytes()),
        array("d", decoded.value[mask].tobytes()),
        array("B", decoded.quality[mask].tobytes()),
        array("I", decoded.reasons[mask].tobytes()),
    )
    body, count = BodyEncoder().encode([batch])
    payload = sign(unsigned(header._replace(readings=count), body), b"", late=header.late)
    concerned = sorted({str(points[i]) for i in np.unique(index)})
    shown = ", ".join(concerned[:5]) + (f" and {len(concerned) - 5} more" if len(concerned) > 5 else "")
    return Suspect(
        received_ms=now_ms,
        gateway=header.gateway,
        topic=topic(header.gateway, header.stream.leaf),
        reason=reason,
        detail=f"{count} readings of {shown}",
        source=Source.REMAINDER.value,
        payload=payload,
        dedupe=f"{header.gateway}/{header.epoch}/{header.sequence}/{reason}/{hashlib.sha256(body).hexdigest()}",
    )


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
