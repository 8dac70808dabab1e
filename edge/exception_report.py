"""Report by exception: a reading that says nothing new is taken and not sent, on links that pay by the byte."""

import asyncio
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import compress
from math import isnan
from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import Field, model_validator

from edge.intake import Intake
from edge.section import Channel, Observed, Seconds, Section, Source
from protocols.vocabulary import Batch, Point, Reason
from protocols.vocabulary.point_tables import PointTables

MAX_POINTS: Final = 50_000
"""Whose last report is remembered; readings of further points always go."""
_CLOCK: Final = int(Reason.CLOCK)
_ROUNDING: Final = 1e-12
"""Of the value: 1.1 is not more than 0.1 above 1.0, whatever binary fractions say."""
Taken = asyncio.Future[None]


class ReportRow(Section):
    """``[[link.device.report]]``: when a property of a device is worth sending."""

    observed: Observed
    channel: Channel | None = None
    """None: every channel of the property."""
    deadband: Annotated[float, Field(ge=0)] | None = None
    """In the property's unit."""
    deadband_percent: Annotated[float, Field(ge=0, le=100)] | None = None
    """Of the value that was sent last."""
    max_silence_s: Seconds = 900.0

    @model_validator(mode="after")
    def _one_deadband(self) -> Self:
        if (self.deadband is None) == (self.deadband_percent is None):
            raise ValueError("expected either deadband or deadband_percent")
        return self

    def concerns(self, observed: str, channel: str) -> bool:
        """Whether the row is about this series."""
        return observed == self.observed and self.channel in (None, channel)

    @property
    def policy(self) -> "Policy":
        return Policy(self.deadband or 0.0, (self.deadband_percent or 0.0) / 100, round(self.max_silence_s * 1000))


class SourceReportRow(ReportRow):
    """``[[report]]``: the same for every source, or for one that no link lists."""

    source: Source | None = None


def policies(
    rows: Iterable[SourceReportRow], of_devices: Iterable[tuple[str, Iterable[ReportRow]]]
) -> "Callable[[Point], Policy | None]":
    """The policy of a point: what its device says before what is said for all; the row that is written last counts.

    :param of_devices: (source, its rows).
    """
    general = tuple(rows)
    special: dict[str, list[ReportRow]] = {}
    for source, its_rows in of_devices:
        special.setdefault(source, []).extend(its_rows)

    def policy_of(point: Point) -> Policy | None:
        found = [row for row in general if row.source in (None, point.source)] + special.get(point.source, [])
        return next((row.policy for row in reversed(found) if row.concerns(point.observed, point.channel)), None)

    return policy_of


class Policy(NamedTuple):
    """When a reading goes."""

    deadband: float
    share: float
    """Of the last value, beside the absolute deadband."""
    silence_ms: int


@dataclass(slots=True)
class Report:
    """What was sent last of a point."""

    policy: Policy
    known: bool = False
    time: int = 0
    value: float = 0.0
    quality: int = 0
    reasons: int = 0
    taken: Taken | None = None
    """Whether it is on disk yet."""

    def is_news(self, time: int, value: float, quality: int, reasons: int) -> bool:
        """Whether a reading that is not older says something new."""
        if not self.known or quality != self.quality or reasons != self.reasons or _failed(self.taken):
            return True
        if time - self.time >= self.policy.silence_ms:
            return True
        if isnan(value) or isnan(self.value):
            return isnan(value) != isnan(self.value)
        band = max(self.policy.deadband, self.policy.share * abs(self.value))
        return abs(value - self.value) > band + _ROUNDING * abs(self.value)


class ByException:
    """Implements :class:`edge.intake.Intake`.

    A reading that is held back is taken as soon as the one that stands for it is: its future is that one's. When the
    disk refuses a reading, the next one of its point goes.

    :param policy_of: of a point; None: all of its readings go.
    """

    def __init__(self, intake: Intake, policy_of: Callable[[Point], Policy | None]) -> None:
        self.sent = 0
        """Of the readings of points with a policy."""
        self.held = 0
        self._intake = intake
        self._policy_of = policy_of
        self._reports: dict[Point, Report] = {}
        self._tables = PointTables(self._reports_of)

    def _reports_of(self, points: tuple[Point, ...]) -> list[Report | None] | None:
        found = [self._report_of(point) for point in points]
        return found if any(one is not None for one in found) else None

    def _report_of(self, point: Point) -> Report | None:
        known = self._reports.get(point)
        if known is None and len(self._reports) < MAX_POINTS:
            policy = self._policy_of(point)
            if policy is not None:
                known = self._reports[point] = Report(policy)
        return known

    def put(self, batch: Batch) -> Taken:
        reports = self._tables[batch.points]
        if reports is None or not len(batch):
            return self._intake.put(batch)
        goes, news, waits = self._sorted(batch, reports)
        futures = {one for one in waits if not one.done()}
        if any(goes):
            taken = self._intake.put(batch if all(goes) else _rows(batch, goes))
            for report in news:
                report.taken = taken
            futures.add(taken)
        return _together(futures)

    def _sorted(self, batch: Batch, reports: list[Report | None]) -> tuple[bytearray, list[Report], list[Taken]]:
        """Which rows go, whose last report they become, and the futures of what stands for the others."""
        goes = bytearray(len(batch))
        news: list[Report] = []
        waits: list[Taken] = []
        for row, (at, time, value, quality, reasons) in enumerate(
            zip(batch.point, batch.time, batch.value, batch.quality, batch.reasons, strict=True)
        ):
            report = reports[at]
            if report is None:
                goes[row] = 1
                continue
            if reasons & _CLOCK or (report.known and time <= report.time):  # a backlog, or a clock that is wrong
                goes[row] = 1
                self.sent += 1
            elif report.is_news(time, value, quality, reasons):
                goes[row] = 1
                self.sent += 1
                report.known, report.time, report.value = True, time, value
                report.quality, report.reasons, report.taken = quality, reasons, None
                news.append(report)
            else:
                self.held += 1
                if report.taken is not None:
                    waits.append(report.taken)
        return goes, news, waits

    def status(self) -> dict[str, Any]:
        """For ``edge status``."""
        return {"points": len(self._reports), "sent": self.sent, "held": self.held}


def _rows(batch: Batch, goes: bytearray) -> Batch:
    def column(whole: "array[Any]") -> "array[Any]":
        return array(whole.typecode, compress(whole, goes))

    return Batch(
        batch.points,
        column(batch.point),
        column(batch.time),
        column(batch.value),
        column(batch.quality),
        column(batch.reasons),
    )


def _failed(taken: Taken | None) -> bool:
    return taken is not None and taken.done() and (taken.cancelled() or taken.exception() is not None)


def _together(futures: Iterable[Taken]) -> Taken:
    """Done when all are; failed when one is."""
    waiting = set(futures)
    if len(waiting) == 1:
        return waiting.pop()
    whole: Taken = asyncio.get_running_loop().create_future()
    if not waiting:
        whole.set_result(None)

    def one_done(one: Taken) -> None:
        waiting.discard(one)
        if whole.done():
            return
        if _failed(one):
            whole.set_exception(OSError("readings that stand for these were not kept"))
            whole.exception()  # a poller does not look: that is no unhandled error
        elif not waiting:
            whole.set_result(None)

    for one in list(waiting):
        one.add_done_callback(one_done)
    return whole
