"""What one SL 651 station's messages mean as readings, and what it may be asked (SL 651-2014 §6.6.2.8, §6.6.4)."""

import hmac
from collections.abc import Callable
from typing import Final, NamedTuple

from edge.links.history import DAY_MS, History, Pull
from edge.links.link import DeviceRecord, DeviceStatus
from edge.links.sl651_config import Sl651Device, Sl651Tcp, Sl651Udp
from edge.links.station_clock import CLOCK_NOT_SET, StationClock
from firmware_adapters.sl651_elements import meaning_of
from protocols.sl651 import Command, Frame, Measurement, measurements, read_body
from protocols.sl651.elements import BULK, LEVEL_LISTS, PICTURE, RAIN_LIST, STATUS, TEXT, elements_by_name
from protocols.sl651.items import Asked, Element, Named, Series
from protocols.sl651.messages import query_period
from protocols.sl651.times import HOUR_MS, MINUTE_MS, Step, send_stamp
from protocols.sl651.values import name_of
from protocols.vocabulary import Point, Quality, Reading, Reason

TEST: Final = 0x30
MANUAL: Final = 0x35
PERIOD: Final = 0x38
LIST_MS: Final = 5 * MINUTE_MS
SPAN_MS: Final = DAY_MS
"""How much one question asks for."""
_MAX_POINTS: Final = 1024
_KINDS: Final = {TEST: Reason.MAINTENANCE, MANUAL: Reason.MANUAL}
"""What the readings of some reports say of themselves: a test report is sent while somebody works at the station."""
_NOT_KEPT: Final = {PICTURE: "picture_not_kept", TEXT: "text_not_kept", BULK: "velocities_not_kept"}
_NEVER_ASKED: Final = frozenset({"ZT", "VT"})


class Observed(NamedTuple):
    """What a message brought."""

    readings: list[Reading]
    instants: list[tuple[str, int]]
    """Element and time of all that counts as there."""


class Station:
    """One station, listed in the configuration or not.

    :param listed: strangers are asked nothing.
    """

    def __init__(self, device: Sl651Device, config: Sl651Tcp | Sl651Udp, *, listed: bool) -> None:
        self.address = device.station
        self.record = DeviceRecord(device.source)
        self.listed = listed
        self.clock = StationClock(config.clock_tolerance_s)
        self._sets_clock = listed and config.set_clock
        self._is_left_out = config.set_clock and not listed
        asks = listed and device.period_s is not None
        self.history = History(
            config.pull_days * DAY_MS / 1000 if asks else 0.0, config.settle_s, config.refusal_pause_s
        )
        self._password = device.password
        self._lists = device.lists
        self._period_ms = (device.period_s or 0) * 1000
        self._pull = frozenset(device.pull)
        self._heads: dict[str, Asked] = {}
        """How the station writes its elements: so it is asked for them."""
        self._points: dict[str, Point | None] = {}

    def lets_in(self, frame: Frame) -> bool:
        """Whether the password is the station's; counts if not."""
        if self._password is None or hmac.compare_digest(frame.password, self._password):
            return True
        self.record.errors["password"] += 1
        return False

    def point(self, element: str) -> Point | None:
        """Where an element's readings belong; None, and counted, when it cannot be named."""
        if element not in self._points:
            if len(self._points) >= _MAX_POINTS:
                self.record.errors["too_many_elements"] += 1
                return None
            meaning = meaning_of(element)
            self._points[element] = None if meaning is None else Point(self.record.source, *meaning)
        point = self._points[element]
        if point is None:
            self.record.errors["unnameable_element"] += 1
        return point

    def observed(
        self, message: Frame, arrived_ms: int, relayed: Callable[[str], "Station | None"], *, pulled: bool
    ) -> Observed:
        """The readings of a whole message; what is none of ours is counted and left.

        :param arrived_ms: stands in for the time of a value that has none; it then says so.
        :param relayed: another station by its address, whose data this one passes on.
        :param pulled: it answers a question for history: what is there already, or has no value, is left out.
        :raises ProtocolError: the body cannot be read.
        """
        self._look_at(message)
        found = Observed([], [])
        read: set[tuple[Point, int]] = set()
        for measured in measurements(message, self._lists, states=True):
            own = measured.station == self.address
            station = self if own else relayed(measured.station)
            point = None if station is None else station.point(measured.element)
            if point is None:
                continue
            reading = _reading(point, measured, arrived_ms, message.function, pulled=pulled)
            if pulled and (reading.value is None or not self.history.lacks(measured.element, reading.time)):
                continue
            if not pulled and own and self.history.has_pulled(measured.element, reading.time):
                self.record.errors["pulled_already"] += 1
                continue
            if (point, reading.time) in read:
                self.record.errors["double_element"] += 1
                continue
            read.add((point, reading.time))
            found.readings.append(reading)
            if own and measured.time is not None:
                found.instants.append((measured.element, measured.time))
        return found

    def kept(self, found: Observed, now_s: float, now_ms: int, *, pulled: bool) -> None:
        """It is on disk."""
        if self.history.watches:
            for element, time_ms in found.instants:
                if element in self._heads and (element in self._pull if self._pull else element not in _NEVER_ASKED):
                    if pulled:
                        self.history.pulled(element, time_ms)
                    self.history.watch(element, self._period_of(element))
                    self.history.came(element, time_ms, now_s, now_ms)

    def next_question(self, now_s: float, now_ms: int) -> Command | None:
        """What to ask it now: for its time, to set its clock, or for a part of its history."""
        if not self.listed or self.history.paused(now_s):
            return None
        if self._sets_clock and self.clock.wants_setting(now_s, now_ms):
            self.clock.setting(now_s)
            return Command(0x4A)
        if self._sets_clock and self.clock.wants_look(now_s, now_ms):
            self.clock.asked(now_s)
            return Command(0x51)
        pull = self.history.next(now_s, now_ms, SPAN_MS)
        return None if pull is None else self._question(pull)

    def _question(self, pull: Pull) -> Command:
        begin = send_stamp(pull.after_ms // HOUR_MS * HOUR_MS)[:8]
        end = send_stamp(-(-pull.before_ms // HOUR_MS) * HOUR_MS)[:8]
        return query_period(begin, end, _step(pull.period_ms), self._heads[pull.series])

    def _period_of(self, element: str) -> int:
        kind = elements_by_name().get(element)
        is_list = kind is not None and (kind.id == RAIN_LIST or kind.id in LEVEL_LISTS)
        return LIST_MS if is_list else self._period_ms

    def _look_at(self, message: Frame) -> None:
        """Learn how the elements are written, and count what is none that a reading could be."""
        for item in read_body(message).items:
            match item:
                case Element() | Named():
                    kind = elements_by_name().get(name_of(item))
                    if kind is not None and kind.id in _NOT_KEPT:
                        self.record.errors[_NOT_KEPT[kind.id]] += 1
                    elif (head := _head(item)) is not None and self.history.watches:
                        self._learn(name_of(item), head)
                case Series() if self.history.watches:
                    for head in item.heads:
                        self._learn(name_of(Element(head.id, head.definition, b"")), head)

    def _learn(self, element: str, head: Asked) -> None:
        if len(self._heads) < _MAX_POINTS:
            self._heads.setdefault(element, head)

    def status(self) -> DeviceStatus:
        """With a note where it is not done to it what the configuration says of the listed ones."""
        notes = (CLOCK_NOT_SET,) if self._is_left_out and self.clock.is_off else ()
        return self.record.status(notes, self.history.status(self.clock))


def _reading(point: Point, measured: Measurement, arrived_ms: int, function: int, *, pulled: bool) -> Reading:
    reasons = measured.reasons | _KINDS.get(function, Reason.NONE)
    if pulled:
        reasons |= Reason.BACKFILLED
    time = arrived_ms if measured.time is None else measured.time
    if measured.value is None:
        return Reading.missing(point, time, int(reasons))
    quality = measured.quality
    if measured.time is None:
        quality = Quality.SUSPECT
    return Reading.of(point, time, measured.value, quality, int(reasons))


def _head(item: Element | Named) -> Asked | None:
    """How an element is asked for. ASCII mode asks by name: the definition byte is that of Table C.1."""
    if isinstance(item, Element):
        return Asked(item.id, item.definition)
    kind = elements_by_name().get(item.name)
    if kind is None or kind.digits is None or kind.id == STATUS:
        return None
    return Asked(kind.id, (kind.digits + 1) // 2 << 3 | (kind.decimals or 0))


def _step(period_ms: int) -> Step:
    """Of a period that the configuration allows, or of a list."""
    if period_ms % DAY_MS == 0:
        return Step(days=period_ms // DAY_MS)
    hours, rest_ms = divmod(period_ms, HOUR_MS)
    return Step(hours=hours, minutes=rest_ms // MINUTE_MS)
