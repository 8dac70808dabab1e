"""A backlog as an agent leaves it that was offline for hours or days: real envelopes in real segment files."""

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

from edge.spool.record import RecordKey
from edge.spool.spool import Spool
from protocols.uplink import BodyEncoder, Header, Stream, unsigned
from protocols.vocabulary import Batch, ManualClock, Point
from tests.system.oracle import Oracle, value_of

TOGETHER = 2000
"""Records in one commit: days are to be written in seconds."""


def fill(folder: Path, gateway: str, points: Sequence[Point], oracle: Oracle, seconds: int) -> int:
    """One poll of all points each second, in one envelope each; gives the bytes on disk.

    Every id counts as acknowledged: an agent that had them on disk has promised them.
    """
    began_ms = oracle.time_of(oracle.sent)
    with Spool(folder, ManualClock(began_ms)) as spool:
        records: list[tuple[RecordKey, bytes]] = []
        for record in _records(gateway, spool, points, oracle, seconds):
            records.append(record)
            if len(records) >= TOGETHER:
                spool.commit(records)
                records.clear()
        if records:
            spool.commit(records)
        (folder / "gateway").write_text(gateway)
        return spool.size


def _records(
    gateway: str, spool: Spool, points: Sequence[Point], oracle: Oracle, seconds: int
) -> Iterator[tuple[RecordKey, bytes]]:
    encoder, count = BodyEncoder(), len(points)
    index, quality, reasons = array("I", range(count)), array("B", [1]) * count, array("I", [0]) * count
    for second in range(seconds):
        number = oracle.issue()
        oracle.acked.add(number)
        time_ms = oracle.time_of(number)
        values = array("d", [value_of(number, series) for series in range(count)])
        batch = Batch(tuple(points), index, array("q", [time_ms]) * count, values, quality, reasons)
        body, readings = encoder.encode([batch])
        key = spool.allocate(Stream.READINGS)
        header = Header(gateway, key.epoch, key.sequence, readings, time_ms, second * 1000)
        yield key, unsigned(header, body)
