"""Which figures hold for a point: the property's defaults, then the rows for all, then those of its device."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from edge.quality.config import CheckRow, SourceCheckRow
from edge.quality.defaults import defaults_of
from edge.quality.limits import Limits
from protocols.vocabulary import Point

GAP_PERIODS: Final = 3.5
"""A device that is asked regularly has a gap after so many periods without an answer..."""
GAP_LEAST_MS: Final = 60_000
"""...and not before so long."""


class Device(NamedTuple):
    """What the configuration says of one source."""

    rows: tuple[CheckRow, ...] = ()
    cadence_s: float | None = None


_STRANGER: Final = Device()


class Figures:
    """The limits of every point.

    :param rows: ``[[quality.checks]]``. :param devices: by source.
    """

    def __init__(self, rows: Iterable[SourceCheckRow], devices: Mapping[str, Device]) -> None:
        self._rows = tuple(rows)
        self._devices = devices
        self._known: dict[tuple[str, float | None, tuple[int, ...]], Limits] = {}
        """By property, cadence and identities of the rows that hold: many points share their limits."""

    def limits_of(self, point: Point) -> Limits:
        """The figures of a point.

        :raises ValueError: rows that hold for it contradict each other.
        """
        device = self._devices.get(point.source, _STRANGER)
        general = [row for row in self._rows if row.source in (None, point.source)]
        rows = [row for row in (*general, *device.rows) if row.concerns(point.observed, point.channel)]
        if not rows and device.cadence_s is None:
            return defaults_of(point.observed)
        key = (point.observed, device.cadence_s, tuple(map(id, rows)))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._worked_out(point.observed, device.cadence_s, rows)
        return known

    def _worked_out(self, observed: str, cadence_s: float | None, rows: Iterable[CheckRow]) -> Limits:
        limits = defaults_of(observed)
        if cadence_s is not None:
            limits = limits.with_gap(max(GAP_LEAST_MS, round(cadence_s * GAP_PERIODS * 1000)))
        for row in rows:
            limits = row.applied(limits)
        return limits

    def contradictions(self) -> Iterator[tuple[str, CheckRow, str]]:
        """Rows that do not go together: of which source, the last of them, and why."""
        for source, device in self._devices.items():
            points = {Point(source, row.observed, row.channel or ""): row for row in (*self._rows, *device.rows)}
            for point, row in points.items():
                try:
                    self.limits_of(point)
                except ValueError as error:
                    yield source, row, f"checks of {point}: {error}"
