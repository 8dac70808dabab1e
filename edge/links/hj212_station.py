"""What one HJ 212 station's uploads mean as readings (HJ 212-2017 §6.6.4 and Appendix C)."""

import hmac
from collections import Counter
from decimal import Decimal
from typing import Final

from edge.links.config import Hj212Device, Interval
from edge.links.link import DeviceRecord, DeviceStatus
from firmware_adapters.hj212_factors import FactorTable
from protocols.hj212 import CrcMode, Measurement, Packet, measurements
from protocols.hj212.measurement import data_time
from protocols.vocabulary import Point, Reading

REAL_TIME: Final = "2011"
INTERVALS: Final[dict[str, Interval]] = {"2051": "minute", "2061": "hour", "2031": "day"}
_MEANS: Final = frozenset({"Avg", "Data"})
"""Noise instruments write Leq-Data where others write Avg."""


class Station:
    """One station, listed in the configuration or not.

    :param device: its configuration; a stranger gets the defaults.
    :param crc: which CRC it may use.
    """

    def __init__(self, device: Hj212Device, crc: CrcMode) -> None:
        self.record = DeviceRecord(device.neuron or f"mn:{device.mn}")
        self.crc = device.crc or crc
        self._password = device.password
        self._intervals = device.intervals
        self._factors = FactorTable(device.pm_unit, device.gas_unit)
        self._points: dict[tuple[str, str], Point | None] = {}
        self._last_time: tuple[str, str | None, int | None] = ("", None, None)

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

    def readings(self, packet: Packet, arrived_ms: int) -> list[Reading]:
        """The readings of an upload; what is none of ours is counted and left.

        :param arrived_ms: stands in for the observed time of a packet that gives none.
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
            read[point] = self._reading(point, measured, time)
        return list(read.values())

    def _time_of_message(self, packet: Packet) -> int | None:
        """A later part of a split message (PNO > 1) may leave DataTime to the first one."""
        time = data_time(packet)
        if time is None and packet.is_part and self._last_time[:2] == (packet.cn, packet.qn):
            return self._last_time[2]
        self._last_time = (packet.cn, packet.qn, time)
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
        """With a note where the station sends means that nobody asked for."""
        left_out = [name for name in INTERVALS.values() if self.record.errors[f"{name}_left_out"]]
        note = f"sends {', '.join(left_out)} means; its intervals do not list them"
        return self.record.status((note,) if left_out else ())


class Stations:
    """All stations of a listener; strangers are let in, up to a bound, as ``mn:<MN>``.

    :param devices: those of the configuration.
    :param crc: the listener's rule.
    :param counters: the listener's.
    """

    MAX_STRANGERS: Final = 1000

    def __init__(self, devices: tuple[Hj212Device, ...], crc: CrcMode, counters: Counter[str]) -> None:
        self._crc = crc
        self._counters = counters
        self._listed = len(devices)
        self._known = {device.mn: Station(device, crc) for device in devices}

    @property
    def crc(self) -> CrcMode:
        """What a decoder has to let through before it is known which station sends."""
        rules = {self._crc, *(station.crc for station in self._known.values())}
        return rules.pop() if len(rules) == 1 else "either"

    def of(self, mn: str) -> Station | None:
        """The station of an MN; None when its name cannot be an identity or there are too many strangers."""
        station = self._known.get(mn)
        if station is not None:
            return station
        if len(self._known) - self._listed >= self.MAX_STRANGERS:
            self._counters["too_many_strangers"] += 1
            return None
        device = _stranger(mn)
        if device is None:
            self._counters["unnameable_station"] += 1
            return None
        self._counters["stranger"] += 1
        self._known[mn] = Station(device, self._crc)
        return self._known[mn]

    def status(self) -> tuple[DeviceStatus, ...]:
        return tuple(station.status() for station in self._known.values())


def _stranger(mn: str) -> Hj212Device | None:
    try:
        return Hj212Device(mn=mn)
    except ValueError:
        return None
