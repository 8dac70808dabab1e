"""Envelopes that were let in, to readings with a place and suspects without; those that are alike as one."""

import hashlib
from array import array
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cloud.ingest.parcel import Opened, Prepared, Runs, Source
from cloud.ingest.resolver import REFUSED
from cloud.registry.directory import Refusal
from cloud.registry.quarantine import Suspect
from cloud.store.port import Columns
from protocols.uplink import FLAG_CLOCK_UNSYNCED, BodyEncoder, Header, sign, unsigned
from protocols.uplink.columns import Decoded, decode_alike
from protocols.vocabulary import Batch, Reason
from protocols.vocabulary.topics import topic

EARLIEST_MS: Final = 1_577_836_800_000
"""2020-01-01T00:00Z: no device of ours is older."""


class _Likeness(NamedTuple):
    """What envelopes have in common that are read together."""

    layout: tuple[int, ...]
    reasons: int
    again: bool
    generation: int


def alike(opened: Sequence[Opened]) -> list[list[Opened]]:
    """Those that can be read together; those of one gateway stay in their order."""
    groups: list[list[Opened]] = []
    newest: dict[_Likeness, int] = {}
    reached: dict[str, int] = {}
    for one in opened:
        gateway = one.header.gateway
        likeness = _Likeness(one.body.layout, _extra(one.header), one.parcel.again, one.resolved.generation)
        group = newest.get(likeness, -1)
        if group < reached.get(gateway, 0):
            group = newest[likeness] = len(groups)
            groups.append([])
        groups[group].append(one)
        reached[gateway] = group
    return groups


def place(opened: Sequence[Opened], now_ms: int, ahead_ms: int, into: Prepared) -> list[Runs] | None:
    """The readings of envelopes that are alike; None, and nothing done: one of several has to be looked at alone.

    :param ahead_ms: how far a stamp may be ahead of our clock.
    :raises ProtocolError: a body is malformed. Nothing was done.
    """
    refusals = opened[0].resolved.refusals
    if len(opened) > 1 and any(one.resolved.refusals for one in opened):
        return None
    decoded = decode_alike([one.body for one in opened])
    rows = _joined([one.datastreams for one in opened])
    bad = _bad(refusals, decoded, rows, now_ms + ahead_ms)
    reasons, extra = decoded.reasons, _extra(opened[0].header)
    if extra:
        reasons = reasons | np.uint32(extra)
    columns = Columns(rows, decoded.time, decoded.value, decoded.quality, reasons)
    datastreams = _joined([one.resolved.datastreams for one in opened])
    if not bad:
        return _runs(opened, datastreams, decoded, columns)
    if len(opened) > 1:
        return None
    good = np.ones(len(rows), np.bool_)
    for reason, mask in bad.items():
        good &= ~mask
        if mask.any():
            into.suspects.append(_suspect(opened[0].header, reason, decoded, mask, now_ms))
    return _remaining(datastreams, decoded.counts, columns, good, distinct=opened[0].resolved.distinct)


def _bad(
    refusals: dict[int, Refusal], decoded: Decoded, rows: NDArray[np.int32], latest_ms: int
) -> dict[str, NDArray[np.bool_]]:
    """Which readings have no place, by the reason."""
    bad: dict[str, NDArray[np.bool_]] = {}
    for refusal in set(refusals.values()):
        those = np.array([i for i, r in refusals.items() if r is refusal])
        bad[refusal.value] = np.repeat(np.isin(np.arange(len(decoded.counts)), those), decoded.counts)
    if not decoded.finite:
        wrong = np.isinf(decoded.value) | (np.isnan(decoded.value) & (decoded.quality != 9))
        if wrong.any():
            bad["not_a_number"] = (rows != REFUSED) & ~np.isfinite(decoded.value) & (decoded.quality != 9)
    if int(decoded.time.max()) > latest_ms:
        bad["future"] = (rows != REFUSED) & (decoded.time > latest_ms)
    if int(decoded.time.min()) < EARLIEST_MS:
        bad["past"] = (rows != REFUSED) & (decoded.time < EARLIEST_MS)
    return bad


def _runs(opened: Sequence[Opened], datastreams: NDArray[np.int32], decoded: Decoded, columns: Columns) -> list[Runs]:
    """One for all, unless a gateway comes twice."""
    if len(opened) == 1 or len({one.header.gateway for one in opened}) == len(opened):
        distinct = all(one.resolved.distinct for one in opened)
        return [Runs(datastreams, decoded.counts, columns, distinct, decoded.each)]
    found, row = [], 0
    for one in opened:
        body, streams = one.body, one.resolved.datastreams
        part = columns.take(slice(row, row + body.readings))
        found.append(Runs(streams, body.counts, part, one.resolved.distinct, decoded.each))
        row += body.readings
    return found


def _extra(header: Header) -> int:
    """Reasons that all readings of an envelope have."""
    return (Reason.BACKFILLED if header.late else 0) | (Reason.CLOCK if header.flags & FLAG_CLOCK_UNSYNCED else 0)


def _joined(parts: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _remaining(
    datastreams: NDArray[np.int32],
    counts: NDArray[np.intp],
    columns: Columns,
    good: NDArray[np.bool_],
    *,
    distinct: bool,
) -> list[Runs]:
    if not good.any():
        return []
    ends = np.cumsum(counts)
    kept = np.add.reduceat(good.astype(np.intp), ends - counts)
    some = kept > 0
    return [Runs(datastreams[some], kept[some], columns.take(good), distinct)]


def _suspect(header: Header, reason: str, decoded: Decoded, mask: NDArray[np.bool_], now_ms: int) -> Suspect:
    """Some readings of an envelope, as an envelope of their own that can be replayed."""
    points = decoded.points()
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
