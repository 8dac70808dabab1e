"""The logger inside of an SL 651 station: its settings, its clock, what it measures and keeps (SL 651-2014 §6.6)."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from protocols.sl651 import Frame, Line, Mode
from protocols.sl651.items import AnyItem, StationMark, TimeMark
from protocols.sl651.times import MINUTE_MS, observation_stamp
from protocols.vocabulary import Clock, HardwareId
from simulators.devices.sl651_content import FACTORY_PASSWORD, StationType
from simulators.environment import Site, World
from simulators.truth import Event, Said, Witness

MAX_LOG: Final = 10_000
"""Samples; a week of minutes. When it is full the oldest is dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sl651Settings:
    """How one station is set up."""

    host: str
    port: int
    station: str
    """Ten hexadecimal digits."""
    type: StationType
    transport: Literal["tcp", "udp"] = "tcp"
    mode: Mode = Mode.HEX
    centre: int = 1
    password: str = FACTORY_PASSWORD
    period_s: float = 300.0
    """Simulated seconds between two reports; at ``speed`` they shrink to period / speed, but to no less than 60 s."""
    resends: bool = True
    """Whether reports that were not confirmed are reported again later; else they are only in its memory (38)."""
    confirm_s: float = 30.0
    keep_alive_s: float | None = None
    retry_s: float = 1.0
    """Real seconds before the first new attempt to dial in; doubles up to max_retry_s, less up to a half by chance."""
    max_retry_s: float = 60.0
    log_limit: int = MAX_LOG
    part_bytes: int = 219
    clock_error_s: float = 0.0
    """How far the station's clock is ahead; 4A sets it right."""

    @property
    def line(self) -> Line:
        """The two ends of the line."""
        return Line(station=self.station, centre=self.centre, password=self.password, mode=self.mode)


@dataclass(slots=True)
class Sample:
    """What was measured in one minute of the station's clock."""

    time_ms: int
    data: Mapping[int, bytes]
    """By element; all F where there was no value."""
    said: tuple[Said, ...]
    message: Frame | None = None
    """Its report, once it was written."""
    sent: bool = False


@dataclass(slots=True)
class Sl651Logger:
    """What one station knows, whether it is connected or not.

    Stamps are those of the station's own clock, that is real time (the cloud must not see the future), while the world
    that it measures goes ``speed`` times as fast. A report leaves out an element without a value; a series fills it.
    """

    site: Site
    settings: Sl651Settings
    world: World
    clock: Clock
    witness: Witness | None = None
    memory: dict[int, Sample] = field(init=False, default_factory=dict)
    """By time, oldest first."""
    pending: deque[Sample] = field(init=False, default_factory=deque)
    """What is to be reported."""
    clock_error_ms: int = field(init=False)
    dropped: int = field(init=False, default=0)
    """Reports that were lost because the memory was full."""

    def __post_init__(self) -> None:
        self.clock_error_ms = round(self.settings.clock_error_s * 1000)

    def own_ms(self) -> int:
        """The station's clock, ms UTC."""
        return self.clock.now_ms() + self.clock_error_ms

    def measure(self, *, reported: bool) -> None:
        """Put what there is in this minute into the memory, once; ``reported``: a report of it is to be sent."""
        time_ms = self.own_ms() // MINUTE_MS * MINUTE_MS
        if time_ms in self.memory:
            return
        sample = self.memory[time_ms] = self.sample(time_ms)
        if len(self.memory) > self.settings.log_limit:
            del self.memory[next(iter(self.memory))]
        if reported:
            self.pending.append(sample)
            if len(self.pending) > self.settings.log_limit:
                self.pending.popleft()
                self.dropped += 1

    def sample(self, time_ms: int) -> Sample:
        """What is there at a minute of the station's clock."""
        now_ms, hardware = self.clock.now_ms(), str(HardwareId("sl651", self.settings.station))
        data: dict[int, bytes] = {}
        said = []
        for row in self.settings.type.elements:
            data[row.id] = row.pack(self.world.value(self.site, row.observed, time_ms - self.clock_error_ms))
            if (value := row.read(data[row.id])) is not None:
                said.append(Said(self.site.device, hardware, row.observed, time_ms, value, "sent", now_ms))
        return Sample(time_ms, data, tuple(said))

    def items(self, sample: Sample, wanted: frozenset[int] | None = None) -> tuple[AnyItem, ...]:
        """A report's body: the station, the time and the elements (all, or those that are wanted)."""
        mode = self.settings.mode
        elements = [
            row.item(sample.data[row.id], mode)
            for row in self.settings.type.elements
            if row.read(sample.data[row.id]) is not None and (wanted is None or row.id in wanted)
        ]
        return (*self.opening(sample.time_ms), *elements)

    def opening(self, time_ms: int) -> tuple[AnyItem, ...]:
        """Station, its type, and a time."""
        mark = StationMark(self.settings.station, ord(self.settings.type.letter))
        return mark, TimeMark(observation_stamp(time_ms))

    def tell(self, sample: Sample, event: Event) -> None:
        """Tell the witness that these were sent, or acknowledged, now."""
        if self.witness is not None and sample.said:
            now_ms = self.clock.now_ms()
            self.witness([one._replace(event=event, at=now_ms) for one in sample.said])
