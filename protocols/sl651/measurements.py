"""What a message measures: element, value, unit, time, station, one by one (§6.6.2.8, §6.6.4.4, Appendix C)."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from protocols.sl651.body import read_body
from protocols.sl651.control import Direction
from protocols.sl651.elements import BULK, DURATION, GATE_OPENING, PICTURE, STATUS, TEXT, WIND_DIRECTION
from protocols.sl651.elements import elements_by_name as by_name
from protocols.sl651.frame import Frame
from protocols.sl651.functions import Content, function
from protocols.sl651.items import AnyItem, Element, Named, NamedSeries, Series, StationMark, TimeMark
from protocols.sl651.numbers import NOT_DECIMAL, Number, number
from protocols.sl651.times import HOUR_MS, MINUTE_MS, utc_ms
from protocols.sl651.values import is_list, kind_of, list_of, name_of, number_of, step_of, text_number
from protocols.vocabulary.errors import ProtocolError
from protocols.vocabulary.quality import Quality, Reason

Lists = Literal["first", "clock-hour"]
"""Which time a station writes in front of the lists of an hour (F4 to FC). ``first``: that of the first value, as the
standard says. ``clock-hour``: any time in the hour, whose first value is that of minute 5 and whose last is that of the
next full hour; a device that writes the time of its report there needs it."""

_CELL_MS = 5 * MINUTE_MS
_AHEAD_MS = 5 * MINUTE_MS
_NO_NUMBER = frozenset({STATUS, TEXT, PICTURE, BULK})
_MEASURING = frozenset({Content.ELEMENTS, Content.SERIES, Content.FREE})
_GATE_STATES = {555: "no gate", 444: "all shut", 999: "all open", 888: "out of the water"}


class Measurement(NamedTuple):
    """One value of one element at one time."""

    station: str
    """Ten hexadecimal digits: that of the F1 block, else the frame's."""
    element: str
    """ASCII name of Table C.1; the printed id of an unlisted one (76, FF02)."""
    value: float | None
    """In ``unit``; None when there is none."""
    unit: str
    """UCUM; empty when it has none or is not known."""
    time: int | None
    """UTC ms, the station's own clock; None when that clock's digits are no date."""
    observed_property: str | None
    """Of protocols.vocabulary.properties, where one fits."""
    quality: Quality = Quality.NOT_EVALUATED
    reasons: Reason = Reason.NONE


def measurements(frame: Frame, lists: Lists = "first", *, states: bool = False) -> list[Measurement]:
    """All values of a whole message of a station, in wire order; none of a centre's, and none of parameters.

    Lists and series are expanded, each value at its own time. States, texts and pictures are no numbers and not here.
    With ``states`` the status word (45) is one: its bits as a whole number.
    A list that would reach beyond the time at which it was sent is marked: SUSPECT, CLOCK.

    :raises ProtocolError: the body cannot be read.
    """
    body = read_body(frame)
    meaning = function(frame.function)
    if frame.direction is Direction.DOWN or meaning.up not in _MEASURING or meaning.takes_parameters:
        return []
    return list(_Walk(frame.station, body.send_time, lists, states=states).over(body.items))


class _Walk:
    """Over the items of one body, with the station, time and step that hold for what follows."""

    def __init__(self, station: str, send_time: str, lists: Lists, *, states: bool) -> None:
        self._station = station
        self._sent = _ms(send_time)
        self._time = self._sent
        self._step_ms = 0
        self._lists = lists
        self._no_number = _NO_NUMBER - {STATUS} if states else _NO_NUMBER

    def over(self, items: tuple[AnyItem, ...]) -> Iterator[Measurement]:
        for item in items:
            match item:
                case StationMark():
                    self._station, self._time = item.station, self._sent
                case TimeMark():
                    self._time = _ms(item.stamp)
                case Element() | Named():
                    yield from self._of(item)
                case Series():
                    yield from self._series(item)
                case NamedSeries():
                    yield from self._named_series(item)

    def _of(self, item: Element | Named) -> Iterator[Measurement]:
        kind = kind_of(item)
        if (step := step_of(item)) is not None:
            self._step_ms = step.ms
        elif is_list(item):
            yield from self._list(name_of(item), list_of(item), 0)
        elif kind is None or kind.id not in self._no_number:
            yield self._measured(name_of(item), number_of(item), self._time)

    def _series(self, series: Series) -> Iterator[Measurement]:
        for place, group in enumerate(series.groups):
            for head, data in zip(series.heads, group, strict=True):
                item = Element(head.id, head.definition, data)
                if is_list(item):
                    yield from self._list(name_of(item), list_of(item), place)
                else:
                    yield self._measured(name_of(item), number(data, head.decimals), self._at(place))

    def _named_series(self, series: NamedSeries) -> Iterator[Measurement]:
        for place, group in enumerate(series.groups):
            for name, text in zip(series.names, group, strict=True):
                item = Named(name, text.encode())
                if is_list(item):
                    yield from self._list(name, list_of(item), place)
                else:
                    yield self._measured(name, text_number(text), self._at(place))

    def _at(self, place: int) -> int | None:
        """The time of a group; those of a series without a step, but for the first, have none."""
        if self._time is None or (place and not self._step_ms):
            return None
        return self._time + place * self._step_ms

    def _list(self, name: str, numbers: tuple[Number, ...], hour: int) -> Iterator[Measurement]:
        first = None if self._time is None else self._first(self._time) + hour * HOUR_MS
        ahead = first is not None and self._is_ahead(first + (len(numbers) - 1) * _CELL_MS)
        for place, cell in enumerate(numbers):
            measured = self._measured(name, cell, None if first is None else first + place * _CELL_MS)
            if ahead:
                quality = Quality.MISSING if measured.value is None else Quality.SUSPECT
                measured = measured._replace(quality=quality, reasons=measured.reasons | Reason.CLOCK)
            yield measured

    def _first(self, time: int) -> int:
        """The time of a list's first value."""
        if self._lists == "first":
            return time
        return -(-time // HOUR_MS) * HOUR_MS - HOUR_MS + _CELL_MS

    def _is_ahead(self, last: int) -> bool:
        return self._lists == "first" and self._sent is not None and last > self._sent + _AHEAD_MS

    def _measured(self, name: str, found: Number, time: int | None) -> Measurement:
        kind = by_name().get(name)
        unit, observed = (kind.unit, kind.observed_property) if kind else ("", None)
        value, reasons, quality = found.value, Reason.NONE, Quality.NOT_EVALUATED
        if found.why == NOT_DECIMAL:
            reasons = Reason.INVALID_VALUE
        if kind is not None and value is not None:
            value, unit, reasons = _converted(kind.id, value, unit)
        if reasons & Reason.UNIT:
            quality = Quality.SUSPECT
        if time is None:
            reasons |= Reason.CLOCK
        if value is None:
            quality = Quality.MISSING
        return Measurement(self._station, name, value, unit, time, observed, quality, reasons)


def _converted(identifier: int, value: float, unit: str) -> tuple[float | None, str, Reason]:
    """What some elements say by a code of their own, as a number with a unit."""
    if identifier == WIND_DIRECTION:  # 1 is north, then each 22.5 degrees clockwise
        return ((value - 1) * 22.5, "deg", Reason.NONE) if 1 <= value <= 16 else (value, "deg", Reason.UNIT)
    if identifier == DURATION:  # HH.mm
        hours, minutes = divmod(round(value * 100), 100)
        return (hours + minutes / 60, unit, Reason.NONE) if minutes < 60 else (None, unit, Reason.INVALID_VALUE)
    if identifier == GATE_OPENING and value in _GATE_STATES:
        return None, unit, Reason.DEVICE_FLAG
    return value, unit, Reason.NONE


def _ms(stamp: str) -> int | None:
    try:
        return utc_ms(stamp)
    except ProtocolError:
        return None  # a station whose clock stands wrong still measures: told as CLOCK
