"""What comes in as line protocol becomes readings of known datastreams; the sender is told at once what does not."""

from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from typing import Final, NamedTuple

import numpy as np

from cloud.ingest.doors.placing import Origin, suspects
from cloud.ingest.doors.readers import HISTORY_MS, LINE_PROTOCOL
from cloud.ingest.doors.sighting import Sighting
from cloud.ingest.doors.units import scale
from cloud.ingest.line_bulk import BulkReader, Rows
from cloud.ingest.line_protocol import Line, LineFault, Precision, parse
from cloud.registry.directory import Directory, Refusal, Slot
from cloud.registry.discovered import LONGEST_NAME
from cloud.registry.quarantine import Suspect
from cloud.store.port import Columns, CommitReport
from protocols.vocabulary import OBSERVED_PROPERTIES, Clock, HardwareId, IdentityError, Point, Quality
from protocols.vocabulary.identity import is_series
from protocols.vocabulary.scale import SAME

_REFUSALS = {
    Refusal.UNKNOWN_NEURON: "no such neuron",
    Refusal.OTHER_GATEWAY: "the neuron speaks through a gateway",
    Refusal.UNKNOWN_DATASTREAM: "the neuron has no such datastream",
    Refusal.UNKNOWN_NAME: "the neuron has no such datastream, and no metric of that name",
    Refusal.IGNORED: "the neuron's metric of that name is not wanted",
}
_NO_NEURON = (
    "no neuron: expected a tag neuron=nrn-..., a known hardware identity as a tag such as mn=..., "
    "or nrn-... as measurement"
)


PATH: Final = "/api/v2/write"
IDENTITY_TAGS: Final = (
    "imei",
    "mn",
    "serial",
    "meter",
    "onvif",
    "sl651",
    "mac",
    "eui",
    "dev_eui",
    "device",
    "device_id",
    "sensor",
    "sensor_id",
    "host",
)
"""Tags that may say whose a line is, the first that is there: so an unknown device has a name to be adopted by."""


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
    What is of no known device, or under no known name, is told to the sender and, when ``keep`` is given, waits in
    quarantine until the device is adopted; but not that of a sender who may write to some towns only.

    :param future_ms: how far an observed time may lie ahead of our clock.
    :param keep: takes suspects into quarantine; blocks.
    """

    def __init__(
        self,
        directory: Directory,
        commit: Callable[[Columns], CommitReport],
        clock: Clock,
        *,
        future_ms: int,
        keep: Callable[[Sequence[Suspect]], None] | None = None,
    ) -> None:
        self._keep = keep
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
        now_ms = self._clock.now_ms()
        window = HISTORY_MS, now_ms + self._future_ms
        reader = BulkReader(precision, window, lambda line, name: self._plain(line, name, towns))
        plain = reader.read(text)
        lines, faults = parse(text, precision) if plain is None else _parsed(reader.left, precision)
        rows, strays = self._sorted(lines, faults, now_ms, towns)
        faults.sort(key=lambda fault: fault.number)
        if strays and self._keep is not None and not towns:
            self._keep(suspects(strays, Origin(LINE_PROTOCOL, "", PATH, now_ms, {})))
        columns = _columns(plain or [], rows)
        if not len(columns):
            return LineReport(0, 0, faults)
        done = self._commit(columns)
        if len(done.conflicts):
            what = f"{len(done.conflicts)} readings differ from what is stored of their instant; the first stays"
            faults.append(LineFault(0, what))
        return LineReport(done.stored, done.duplicates, faults)

    def _sorted(
        self, lines: Sequence[Line], faults: list[LineFault], now_ms: int, towns: frozenset[str]
    ) -> tuple[list[tuple[int, int, float]], dict[tuple[str, str], list[Sighting]]]:
        """Readings of lines, and those that have no place by (reason, source); what is wrong is added to the faults."""
        rows: list[tuple[int, int, float]] = []
        strays: dict[tuple[str, str], list[Sighting]] = {}
        for line in lines:
            for row in self._readings(line, now_ms, towns):
                if isinstance(row, LineFault):
                    faults.append(row)
                elif not isinstance(row, _Stray):
                    rows.append(row)
                elif row.refusal is not Refusal.IGNORED:
                    faults.append(LineFault(line.number, row.message))
                    strays.setdefault((row.refusal.value, row.sighting.source), []).append(row.sighting)
        return rows, strays

    def _plain(self, line: Line, name: str, towns: frozenset[str]) -> int | None:
        """The datastream of a field that is known and in its unit."""
        source = self._source(line, towns)
        found = None if source is None else self._slot(source, line.measurement, name, towns)
        return found.number if isinstance(found, Slot) and scale(found.told, found.unit) is SAME else None

    def _slot(self, source: str, measurement: str, name: str, towns: frozenset[str]) -> Slot | Refusal:
        """Of a field by its name or, where the registry knows it so, with the measurement before it."""
        found = self._directory.slot(None, source, name, name if is_series(name) else "", towns)
        if found in {Refusal.UNKNOWN_DATASTREAM, Refusal.UNKNOWN_NAME}:
            named = self._directory.slot(None, source, _qualified(measurement, name), "", towns)
            return found if named is Refusal.UNKNOWN_NAME else named
        return found

    def _readings(
        self, line: Line, now_ms: int, towns: frozenset[str]
    ) -> Iterator["tuple[int, int, float] | LineFault | _Stray"]:
        time = now_ms if line.time_ms is None else line.time_ms
        if not HISTORY_MS <= time <= now_ms + self._future_ms:
            yield LineFault(line.number, f"time {time} ms is before 2000 or in the future: is the precision right?")
            return
        source = self._source(line, towns)
        if source is None:
            yield LineFault(line.number, _NO_NEURON)
            return
        for name, value in line.fields.items():
            if isinstance(value, bool | str):
                kind = "boolean" if isinstance(value, bool) else "string"
                yield LineFault(line.number, f"field {name[:80]!r}: a {kind} is an event, not a reading")
                continue
            yield self._reading(line, source, name, time, float(value), towns)

    def _source(self, line: Line, towns: frozenset[str]) -> str | None:
        if "neuron" in line.tags:
            return line.tags["neuron"]
        if line.measurement.startswith("nrn-"):
            return line.measurement
        identities = [str(_identity(key, value)) for key, value in line.tags.items()]
        owners = {self._directory.owner(one, towns) for one in identities} - {None}
        if owners:
            return owners.pop() if len(owners) == 1 else None
        named = {key.lower(): str(_identity(key, value)) for key, value in line.tags.items()}
        return next((named[tag] for tag in IDENTITY_TAGS if tag in named), None)

    def _reading(  # noqa: PLR0913 - the parts of a reading
        self, line: Line, source: str, name: str, time: int, value: float, towns: frozenset[str]
    ) -> "tuple[int, int, float] | LineFault | _Stray":
        found = self._slot(source, line.measurement, name, towns)
        label = f"field {name[:80]!r}"
        if isinstance(found, Slot):
            way = scale(found.told, found.unit)
            if way is None or not isfinite(converted := way.of(value)):
                return LineFault(line.number, f"{label}: cannot be had in {found.unit}")
            return found.number, time, converted
        try:
            Point.parse(f"{source}/ph")
        except IdentityError as error:
            return LineFault(line.number, f"{label}: {error}")
        series = name if is_series(name) else ""
        known = series.partition("/")[0] in OBSERVED_PROPERTIES
        told = name if known else _qualified(line.measurement, name)
        return _Stray(found, f"{label}: {_REFUSALS[found]}", Sighting(source, told, series, time, value))


class _Stray(NamedTuple):
    """A reading that has no place, and what its sender is told."""

    refusal: Refusal
    message: str
    sighting: Sighting


def _identity(key: str, value: str) -> HardwareId:
    plain = HardwareId(key.lower().replace("_", "")[:16], value)
    try:
        return plain.checked()
    except IdentityError:
        return HardwareId.of_text(*plain)


def _qualified(measurement: str, name: str) -> str:
    return f"{measurement}.{name}"[:LONGEST_NAME]


def _parsed(left: Sequence[tuple[int, str]], precision: Precision) -> tuple[list[Line], list[LineFault]]:
    """Lines that stand alone, since no string goes over their ends."""
    lines: list[Line] = []
    faults: list[LineFault] = []
    for number, text in left:
        read, wrong = parse(text, precision, number)
        lines += read
        faults += wrong
    return lines, faults


def _columns(plain: Sequence[Rows], rows: Sequence[tuple[int, int, float]]) -> Columns:
    count = len(rows)
    others = Rows(
        np.fromiter((row[0] for row in rows), np.int32, count),
        np.fromiter((row[1] for row in rows), np.int64, count),
        np.fromiter((row[2] for row in rows), np.float64, count),
    )
    numbers, times, values = (np.concatenate(parts) for parts in zip(*plain, others, strict=True))
    total = len(numbers)
    quality = np.full(total, Quality.NOT_EVALUATED, np.uint8)
    return Columns(numbers, times, values, quality, np.zeros(total, np.uint32))
