"""What an HJ 212 station is asked: its time, to set its clock, the means that are missing (HJ 212-2017 Appendix C)."""

from collections import Counter
from typing import Final, Literal, cast

from edge.links.history import DAY_MS, HOUR_MS, History, Pull
from edge.links.hj212_config import Hj212Device, Hj212Section, Interval
from edge.links.link import DialInStatus
from edge.links.station_clock import SANE_MS, StationClock
from protocols.hj212 import ExeRtn, Packet, qn_of, utc_ms
from protocols.hj212.body import Address, Body
from protocols.hj212.dialogue import Ended
from protocols.hj212.requests import get_time, pull_after_gap, set_time
from protocols.vocabulary import ProtocolError

HISTORY: Final[dict[Interval, Literal["2031", "2051", "2061"]]] = {"minute": "2051", "hour": "2061", "day": "2031"}
REAL_TIME: Final = "2011"
SPAN_MS: Final = DAY_MS
"""How much one question asks for."""
_CHINA_MS: Final = 8 * HOUR_MS
_DONE: Final = (ExeRtn.SUCCESS, ExeRtn.NO_DATA)


class Questions:
    """The questions to one station, one at a time.

    :param errors: the station's counters.
    :param listed: a stranger is only answered when it asks for the time itself.
    """

    def __init__(self, device: Hj212Device, config: Hj212Section, errors: Counter[str], *, listed: bool) -> None:
        self.clock = StationClock(config.clock_tolerance_s)
        self._errors = errors
        self._listed = listed
        self._set_clock = config.set_clock
        asks = listed and bool(device.pull)
        self.history = History(
            config.pull_days * DAY_MS / 1000 if asks else 0.0, config.settle_s, config.refusal_pause_s
        )
        spans = {"minute": device.minute_s * 1000, "hour": HOUR_MS, "day": DAY_MS}
        self._periods: dict[str, int] = {HISTORY[interval]: spans[interval] for interval in device.pull}
        self._own: set[str] = set()
        """Means that the station uploads by itself; of others a gap is where no real-time data came either."""
        self._address: Address | None = None
        self._asks_for_time = False
        self._knows_1011 = True
        self._spoiled = False
        self._last_qn_ms = 0

    def heard(self, packet: Packet, now_ms: int) -> None:
        """A packet came: so the station is spoken to."""
        self._address = Address(mn=packet.mn, st=packet.st, pw=packet.pw or "", version=packet.version, crc=packet.crc)
        if packet.cn == "1013":
            self._asks_for_time = True
        stamp_ms = _ms(packet.qn) or (_ms(packet.first("DataTime")) if packet.cn == REAL_TIME else None)
        if stamp_ms is not None:
            self.clock.told(stamp_ms, now_ms)

    def lacks(self, cn: str, time_ms: int) -> bool:
        """Whether the means of a period are missing."""
        return self.history.lacks(cn, self._start(cn, time_ms)) if cn in self._periods else True

    def has_pulled(self, cn: str, time_ms: int) -> bool:
        """Whether the means of a period are there because they were asked for."""
        return cn in self._periods and self.history.has_pulled(cn, self._start(cn, time_ms))

    def kept(self, packet: Packet, now_s: float, now_ms: int, *, pulled: int) -> None:
        """The readings of a packet are on disk; so many of them because they were asked for."""
        time_ms = _ms(packet.first("DataTime"))
        if time_ms is None or not self.history.watches:
            return
        if packet.cn in self._periods:
            start_ms = self._start(packet.cn, time_ms)
            self.history.counts.pulled += pulled
            if pulled:
                self.history.pulled(packet.cn, start_ms)
            elif not self.history.lacks(packet.cn, start_ms):
                self._own.add(packet.cn)
            self._came(packet.cn, start_ms, now_s, now_ms)
        elif packet.cn == REAL_TIME:
            for cn in self._periods.keys() - self._own:
                self._came(cn, self._start(cn, time_ms), now_s, now_ms, back_ms=self._periods[cn])

    def _came(self, cn: str, start_ms: int, now_s: float, now_ms: int, back_ms: int = 0) -> None:
        self.history.watch(cn, self._periods[cn])
        self.history.came(cn, start_ms, now_s, now_ms, back_ms)

    def _start(self, cn: str, time_ms: int) -> int:
        """When the period began, by local time; some stations are a second late."""
        period_ms = self._periods[cn]
        return (time_ms + _CHINA_MS) // period_ms * period_ms - _CHINA_MS

    def next(self, now_s: float, now_ms: int) -> Packet | None:
        """What to ask it now."""
        body = self._body(now_s, now_ms)
        if body is None or self._address is None:
            return None
        self._spoiled = False
        self._last_qn_ms = max(now_ms, self._last_qn_ms + 1)
        return self._address.packet(body, qn_of(self._last_qn_ms), wants_answer=True)

    def _body(self, now_s: float, now_ms: int) -> Body | None:
        if self._address is None:
            return None
        if self._asks_for_time and self._set_clock != "never" and now_ms >= SANE_MS:
            self._asks_for_time = False
            self.clock.setting(now_s)
            return set_time(now_ms)
        if not self._listed or self.history.paused(now_s):
            return None
        if self._set_clock == "always":
            look = self.clock.wants_look(now_s, now_ms)
            if self.clock.wants_setting(now_s, now_ms) or (look and not self._knows_1011):
                self.clock.setting(now_s)
                self.clock.asked(now_s)
                return set_time(now_ms)
            if look:
                self.clock.asked(now_s)
                return get_time()
        pull = self.history.next(now_s, now_ms, SPAN_MS)
        return None if pull is None else self._history(pull, now_s)

    def _history(self, pull: Pull, now_s: float) -> Body | None:
        cn = cast(Literal["2031", "2051", "2061"], pull.series)
        body = pull_after_gap(cn, pull.after_ms, pull.before_ms, pull.period_ms)
        if body is None:
            self.history.answered(now_s)
        return body

    def told(self, packet: Packet, now_ms: int) -> None:
        """It answered what it was asked: of 1011, its time."""
        stamp_ms = _ms(packet.first("SystemTime")) if packet.cn == "1011" else None
        if stamp_ms is not None:
            self.clock.told(stamp_ms, now_ms, sure=True)

    def spoiled(self) -> None:
        """Something that it sent could not be kept: what was asked for has to be asked again."""
        self._spoiled = True

    def interrupted(self) -> None:
        """The line was lost."""
        self.history.interrupted()

    def ended(self, ended: Ended, now_s: float, now_ms: int) -> None:
        """A request came to its end; all that belongs to it is on disk, or spoiled."""
        done = ended.result in _DONE and ended.refusal is None
        if not done:
            self._count(ended)
        if ended.request.cn in self._periods:
            if done and self._spoiled:
                self.history.interrupted()
            elif done:
                self.history.answered(now_s)
            else:
                self.history.refused(now_s)
        elif ended.request.cn == "1012" and done:
            self.history.moved(self.clock.was_set(now_ms, now_ms))
        elif ended.request.cn == "1011" and ended.refusal is not None:
            self._knows_1011 = False
            self.clock.free()
        elif not done:
            self.history.refused(now_s)

    def _count(self, ended: Ended) -> None:
        if ended.refusal is not None:
            self._errors[f"refused_{ended.request.cn}"] += 1
        elif ended.result is not None:
            self._errors[f"failed_{ended.request.cn}"] += 1
        else:
            self._errors[f"unanswered_{ended.request.cn}"] += 1

    @property
    def leaves_clock(self) -> bool:
        """Whether its clock is off and would be set, were it listed."""
        return self._set_clock == "always" and not self._listed and self.clock.is_off

    def status(self) -> DialInStatus:
        return self.history.status(self.clock)


def _ms(stamp: str | None) -> int | None:
    """UTC ms of a stamp; None when it is none."""
    try:
        return None if stamp is None else utc_ms(stamp)
    except ProtocolError:
        return None
