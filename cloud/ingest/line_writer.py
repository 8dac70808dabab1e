"""What comes in as line protocol becomes readings of known datastreams; the sender is told at once what does not."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np

from cloud.ingest.line_protocol import FieldValue, Line, LineFault, Precision, parse
from cloud.registry.directory import Directory, Refusal
from cloud.store.port import Columns, CommitReport
from protocols.vocabulary import Clock, IdentityError, Point, Quality

_REFUSALS = {
    Refusal.UNKNOWN_NEURON: "no such neuron",
    Refusal.OTHER_GATEWAY: "the neuron speaks through a gateway",
    Refusal.UNKNOWN_DATASTREAM: "the neuron has no such datastream",
}
_NO_NEURON = (
    "no neuron: expected a tag neuron=nrn-..., a known hardware identity as a tag such as mn=..., "
    "or nrn-... as measurement"
)


EARLIEST_MS: Final = 946_684_800_000
"""2000-01-01T00:00Z: history may come in here, but seconds that were taken for nanoseconds land in 1970."""


class LineReport(NamedTuple):
    """What became of a body."""

    stored: int
    duplicates: int
    faults: list[LineFault]


class LineWriter:
    """Resolves lines and hands readings on to be committed.

    A line names its neuron by the tag ``neuron``, by being its measurement (``nrn-...``), or by a hardware identity
    as a tag (``mn=...``). A field is an observed property with an optional channel (``water_temperature/2``). Only
    numbers are readings; booleans and strings are refused by name.

    :param commit: keeps readings on disk and tells what became of them; blocks.
    :param future_ms: how far an observed time may lie ahead of our clock.
    """

    def __init__(
        self, directory: Directory, commit: Callable[[Columns], CommitReport], clock: Clock, *, future_ms: int
    ) -> None:
        self._directory = directory
        self._commit = commit
        self._clock = clock
        self._future_ms = future_ms

    def write(self, body: bytes, precision: Precision, towns: frozenset[str] = frozenset()) -> LineReport:
        """Store what can be stored of a body; blocks until it is on disk.

        :param towns: the sender may write to neurons of these only; empty: to all.
        """
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            return LineReport(0, 0, [LineFault(body.count(b"\n", 0, error.start) + 1, "no UTF-8")])
        lines, faults = parse(text, precision)
        now_ms = self._clock.now_ms()
        rows: list[tuple[int, int, float]] = []
        for line in lines:
            for row in self._readings(line, now_ms, towns):
                if isinstance(row, LineFault):
                    faults.append(row)
                else:
                    rows.append(row)
        if not rows:
            return LineReport(0, 0, faults)
        done = self._commit(_columns(rows))
        if len(done.conflicts):
            what = f"{len(done.conflicts)} readings differ from what is stored of their instant; the first stays"
            faults.append(LineFault(0, what))
        return LineReport(done.stored, done.duplicates, faults)

    def _readings(
        self, line: Line, now_ms: int, towns: frozenset[str]
    ) -> Iterator["tuple[int, int, float] | LineFault"]:
        time = now_ms if line.time_ms is None else line.time_ms
        if not EARLIEST_MS <= time <= now_ms + self._future_ms:
            yield LineFault(line.number, f"time {time} ms is before 2000 or in the future: is the precision right?")
            return
        source = self._source(line, towns)
        if source is None:
            yield LineFault(line.number, _NO_NEURON)
            return
        for name, value in line.fields.items():
            number = self._datastream(source, name, value, towns)
            if isinstance(number, str):
                yield LineFault(line.number, f"field {name[:80]!r}: {number}")
            else:
                yield number, time, float(value)

    def _source(self, line: Line, towns: frozenset[str]) -> str | None:
        if "neuron" in line.tags:
            return line.tags["neuron"]
        if line.measurement.startswith("nrn-"):
            return line.measurement
        owners = {self._directory.owner(f"{key}:{value}", towns) for key, value in line.tags.items()} - {None}
        return owners.pop() if len(owners) == 1 else None

    def _datastream(self, source: str, name: str, value: FieldValue, towns: frozenset[str]) -> int | str:
        """The number, or why there is none."""
        if isinstance(value, bool | str):
            return f"a {'boolean' if isinstance(value, bool) else 'string'} is an event, not a reading"
        try:
            point = Point.parse(f"{source}/{name}")
        except IdentityError as error:
            return str(error)
        found = self._directory.locate(point, towns)
        return _REFUSALS[found] if isinstance(found, Refusal) else found.number


def _columns(rows: list[tuple[int, int, float]]) -> Columns:
    count = len(rows)
    return Columns(
        np.fromiter((row[0] for row in rows), np.int32, count),
        np.fromiter((row[1] for row in rows), np.int64, count),
        np.fromiter((row[2] for row in rows), np.float64, count),
        np.full(count, Quality.NOT_EVALUATED, np.uint8),
        np.zeros(count, np.uint32),
    )
