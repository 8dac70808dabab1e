"""What one HJ 212 station's uploads mean as readings (HJ 212-2017 §6.6.4 and Appendix C)."""

import hmac
from collections import Counter, OrderedDict
from decimal import Decimal
from typing import Final

from edge.links.hj212_config import Hj212Device, Hj212Section, Interval
from edge.links.hj212_questions import HISTORY, REAL_TIME, Questions
from edge.links.link import DeviceRecord, DeviceStatus
from edge.links.station_clock import CLOCK_NOT_SET
from edge.links.stations import Stations
from protocols.hj212 import CrcMode, Measurement, Packet, measurements
from protocols.hj212.measurement import data_time
from protocols.vocabulary import Point, ProtocolError, Reading, Reason

INTERVALS: Final[dict[str, Interval]] = {cn: interval for interval, cn in HISTORY.items()}
_SPLIT_MESSAGES: Final = 16
_MEANS: Final = frozenset({"Avg", "Data"})
"""Noise instruments write Leq-Data where others write Avg."""


class Station:
    """One station, listed in the configuration or not.

    :param device: its configuration; a stranger gets the defaults.
    """

    def __init__(self, device: Hj212Device, config: Hj212Section, *, listed: bool = True) -> None:
        self.record = DeviceRecord(device.source)
        self.questions = Questions(device, config, self.record.errors, listed=listed)
        self.crc = device.crc or config.crc
        self._password = device.password
        self._intervals = device.intervals
        self._factors = device.factor_table()
        self._points: dict[tuple[str, str], Point | None] = {}
        self._times: OrderedDict[tuple[str, str | None], int | None] = OrderedDict()
        """Of the split messages that came last, by command and QN."""

    def lets_in(self, packet: Packet) -> bool:
        """Whether CRC rule and password are the station's; counts if not.

        ``modbus`` takes a right standard CRC too: a decoder that must know both rules tries that one first.
        """
        if self.crc == "standard" and packet.crc != "standard":
            self.record.errors["crc_rule"] += 1
            return False
        if self._password is not None and not hmac.compare_digest((packet.pw or "").encode(), self._password.encode()):
            self.record.errors["password"] += 1
            return False
        return True

    def readings(self, packet: Packet, arrived_ms: int, *, asked: bool = False) -> list[Reading]:
        """The readings of an upload; what is none of ours is counted and left.

        :param arrived_ms: stands in for the observed time of a packet that gives none.
        :param asked: it answers a request: of history, what is there already or has no value is left out.
        :raises ProtocolError: it gives a time that is none.
        """
        interval = INTERVALS.get(packet.cn)
        if packet.cn != REAL_TIME and interval is None:
            self.record.errors["upload_without_readings"] += 1
            return []
        if interval is not None and interval not in self._intervals:
            self.record.errors[f"{interval}_left_out"] += 1
            return []
        found = measurements(packet)
        message_ms = self._time_of_message(packet)
        read: dict[Point, Reading] = {}
        for measured in found:
            if measured.suffix != "Rtd" if interval is None else measured.suffix not in _MEANS:
                continue
            point = self._point(measured.factor, interval or "")
            if point is None:
                continue
            if point in read:
                self.record.errors["double_factor"] += 1
                continue
            time = next((t for t in (measured.time, message_ms) if t is not None), arrived_ms)
            reading = self._reading(point, measured, time)
            if asked and interval is not None:
                if reading.value is None or not self.questions.lacks(packet.cn, time):
                    continue
                reading = reading._replace(reasons=reading.reasons | Reason.BACKFILLED)
            elif interval is not None and self.questions.has_pulled(packet.cn, time):
                self.record.errors["pulled_already"] += 1
                continue
            read[point] = reading
        return list(read.values())

    def _time_of_message(self, packet: Packet) -> int | None:
        """A later part of a split message (PNO > 1) may leave DataTime to the first one.

        Each part is taken by itself, because each is acknowledged by itself: a station may send none before that.

        :raises ProtocolError: the first part has not come; this one will come again, if it is not acknowledged.
        """
        time = data_time(packet)
        if not packet.is_part:
            return time
        key = packet.cn, packet.qn
        if time is not None or packet.pno == 1:
            self._times[key] = time
            if len(self._times) > _SPLIT_MESSAGES:
                self._times.popitem(last=False)
        elif key in self._times:
            return self._times[key]
        elif packet.wants_answer:
            raise ProtocolError(f"part {packet.pno} without DataTime came before the first one", packet.raw)
        return time

    def _point(self, code: str, interval: str) -> Point | None:
        key = (code, interval)
        if key not in self._points:
            if len(self._points) >= 2048:
                self.record.errors["too_many_factors"] += 1
                return None
            factor = self._factors[code]
            if factor is None:
                self.record.errors["unnameable_factor"] += 1
                return None
            channel = ".".join(part for part in (factor.channel, interval) if part)
            self._points[key] = Point(self.record.source, factor.observed, channel)
        return self._points[key]

    def _reading(self, point: Point, measured: Measurement, time: int) -> Reading:
        if measured.value is None:
            return Reading(point, time, None, measured.quality, int(measured.reasons))
        factor = self._factors[measured.factor]
        value = measured.value
        if factor is not None and (factor.numerator, factor.denominator) != (1, 1):
            value = float(Decimal(measured.text) * factor.numerator / factor.denominator)
        return Reading.of(point, time, value, measured.quality, int(measured.reasons))

    def status(self) -> DeviceStatus:
        """With a note where the station sends means that nobody asked for, and where its clock is left as it is."""
        left_out = [name for name in INTERVALS.values() if self.record.errors[f"{name}_left_out"]]
        notes = [f"sends {', '.join(left_out)} means; its intervals do not list them"] if left_out else []
        notes += [CLOCK_NOT_SET] if self.questions.leaves_clock else []
        return self.record.status(tuple(notes), self.questions.status())


def stations_of(config: Hj212Section, counters: Counter[str]) -> Stations[Station]:
    """All stations of a listener; strangers are let in as ``mn:<MN>``.

    :param counters: the listener's.
    """

    def stranger(mn: str) -> Station | None:
        try:
            return Station(Hj212Device(mn=mn), config, listed=False)
        except ValueError:
            return None

    return Stations({device.mn: Station(device, config) for device in config.device}, stranger, counters)


def rule_of(config: Hj212Section) -> CrcMode:
    """What a decoder has to let through before it is known which station sends."""
    rules = {config.crc, *(device.crc or config.crc for device in config.device)}
    return rules.pop() if len(rules) == 1 else "either"
