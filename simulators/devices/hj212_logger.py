"""The data logger inside of an HJ 212-2017 station: its settings, its clock, what it measures and remembers (§6.6)."""

import asyncio
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final

from protocols.hj212 import CrcRule, Group, Packet, encode, local_stamp, qn_of, utc_ms
from protocols.hj212.times import HOUR_MS
from protocols.vocabulary import Clock, HardwareId
from simulators.devices.hj212_content import FACTORY_PASSWORD, StationType
from simulators.devices.hj212_log import MAX_LOG, Upload, UploadLog
from simulators.environment import Site, World
from simulators.truth import Event, Said, Witness

FLAG_ANSWER_WANTED: Final = 5
FLAG_NO_ANSWER: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Hj212Settings:
    """How one station is set up."""

    host: str
    port: int
    mn: str
    type: StationType
    period_s: float = 60.0
    """Simulated seconds between two uploads; at ``speed`` they shrink to period / speed, but to no less than 1 s."""
    password: str = FACTORY_PASSWORD
    crc: CrcRule = "standard"
    wants_answer: bool = True
    """Flag=5: an upload counts as delivered when its 9014 came. Else Flag=4: when it was sent."""
    answer_timeout_s: float = 10.0
    """Real seconds (§6.8: 5 s by wire, 10 s by radio)."""
    tries: int = 3
    retry_s: float = 1.0
    """Real seconds before the first new attempt to dial in; doubles up to max_retry_s, less up to a half by chance."""
    max_retry_s: float = 60.0
    log_limit: int = MAX_LOG
    minute_s: int = 600
    """How long its minute data (2051) reach; it has those and hour data (2061) of all the time since it was started."""
    uploads_means: bool = False
    """Whether it uploads minute and hour data at the end of each period by itself."""
    clock_error_s: float = 0.0
    """How far the station's clock is ahead; 1012 sets it right."""


@dataclass(slots=True)
class Hj212Logger:
    """What one station knows, whether it is connected or not.

    Stamps are those of the station's own clock, that is real time (the cloud must not see the future), while the world
    that it measures goes ``speed`` times as fast. A factor without a value at that second (a gap in the replayed
    series) is left out of the upload.
    """

    site: Site
    settings: Hj212Settings
    world: World
    clock: Clock
    witness: Witness | None = None
    log: UploadLog = field(init=False)
    clock_error_ms: int = field(init=False)
    news: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    """Set when there is something new to send or to know."""
    _last_qn_ms: int = field(init=False, default=0)
    _last_second: int | None = field(init=False, default=None)
    started_ms: int = field(init=False)
    _told_ms: int = field(init=False)
    """Up to when means were uploaded."""

    def __post_init__(self) -> None:
        self.log = UploadLog(self.settings.log_limit)
        self.clock_error_ms = round(self.settings.clock_error_s * 1000)
        self.started_ms = self._told_ms = self.own_ms()

    def own_ms(self) -> int:
        """The station's clock, ms UTC."""
        return self.clock.now_ms() + self.clock_error_ms

    def content(self) -> tuple[Packet, tuple[Said, ...]]:
        """The real-time data of this second, as a packet without an answer wanted, and what it says."""
        now_ms = self.clock.now_ms()
        stamp_ms = self.own_ms() // 1000 * 1000
        groups: list[Group] = [(("DataTime", local_stamp(stamp_ms)),)]
        said = []
        hardware = str(HardwareId("mn", self.settings.mn))
        for factor in self.settings.type.factors:
            value = self.world.value(self.site, factor.observed, stamp_ms - self.clock_error_ms)
            if value is None:
                continue
            text = factor.write(value)
            groups.append(((f"{factor.code}-Rtd", text), (f"{factor.code}-Flag", "N")))
            said.append(Said(self.site.device, hardware, factor.observed, stamp_ms, factor.read(text), "sent", now_ms))
        return self.packet("2011", self.new_qn(), FLAG_NO_ANSWER, *groups), tuple(said)

    def means(self, cn: str, begin_ms: int, end_ms: int) -> list[Packet]:
        """Minute (2051) or hour data (2061) of the whole periods since the start that begin from begin to end."""
        period_ms = self.settings.minute_s * 1000 if cn == "2051" else HOUR_MS
        first_ms = -(-max(begin_ms, self.started_ms) // period_ms) * period_ms
        last_ms = min(end_ms, self.own_ms() - period_ms)
        found = (self._mean(cn, start_ms, period_ms) for start_ms in range(first_ms, last_ms + 1, period_ms))
        return [packet for packet in found if len(packet.groups) > 1]

    def _mean(self, cn: str, start_ms: int, period_ms: int) -> Packet:
        groups: list[Group] = [(("DataTime", local_stamp(start_ms)),)]
        for factor in self.settings.type.factors:
            minutes = range(start_ms, start_ms + period_ms, 60_000)
            values = [self.world.value(self.site, factor.observed, ms - self.clock_error_ms) for ms in minutes]
            known = [value for value in values if value is not None]
            if known:
                groups.append(((f"{factor.code}-Avg", factor.write(fmean(known))), (f"{factor.code}-Flag", "N")))
        return self.packet(cn, self.new_qn(), FLAG_NO_ANSWER, *groups)

    def packet(self, cn: str, qn: str | None, flag: int, *groups: Group) -> Packet:
        """A packet of this station."""
        s = self.settings
        return Packet(mn=s.mn, cn=cn, st=s.type.st, qn=qn, pw=s.password, flag=flag, groups=groups, crc=s.crc)

    def new_qn(self) -> str:
        """A QN that this station has not used before."""
        self._last_qn_ms = max(self.own_ms(), self._last_qn_ms + 1)
        return qn_of(self._last_qn_ms)

    def tell(self, said: tuple[Said, ...], event: Event) -> None:
        """Tell the witness that these were sent, or acknowledged, now."""
        if self.witness is not None and said:
            now_ms = self.clock.now_ms()
            self.witness([one._replace(event=event, at=now_ms) for one in said])

    def measure(self) -> None:
        """Put the real-time data of this second into the log, once."""
        second = self.own_ms() // 1000
        if second == self._last_second:
            return  # two rounds fell into one second: one DataTime, one upload
        self._last_second = second
        packet, said = self.content()
        if self.settings.wants_answer:
            packet = self.packet("2011", packet.qn, FLAG_ANSWER_WANTED, *packet.groups)
        self.log.add(Upload(packet.qn or "", encode(packet), said))
        if self.settings.uploads_means:
            self._upload_means()
        self.news.set()

    def _upload_means(self) -> None:
        """Of the periods that ended since the last time."""
        now_ms = self.own_ms()
        for cn, period_ms in (("2051", self.settings.minute_s * 1000), ("2061", HOUR_MS)):
            for packet in self.means(cn, self._told_ms - period_ms, now_ms - period_ms):
                if utc_ms(packet.first("DataTime") or "") + period_ms > self._told_ms:
                    wanted = self.packet(cn, packet.qn, FLAG_ANSWER_WANTED, *packet.groups)
                    self.log.add(Upload(wanted.qn or "", encode(wanted), ()))
        self._told_ms = now_ms

    def delivered(self, qn: str) -> bool:
        """An upload was acknowledged: it leaves the log. False when none of that QN waits."""
        upload = self.log.remove(qn)
        if upload is None:
            return False
        self.tell(upload.said, "acknowledged")
        self.news.set()
        return True
