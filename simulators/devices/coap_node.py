"""An NB-IoT node that posts SenML packs over CoAP (RFC 7252 CON, RFC 8428) and sleeps in between, as with PSM."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import aiocoap
from aiocoap.error import Error as CoapError
from aiocoap.numbers.codes import POST
from aiocoap.numbers.constants import TransportTuning

from protocols.senml import Entry, encode_cbor, encode_json
from protocols.vocabulary import Clock, HardwareId
from simulators.environment import Site, World
from simulators.faults import PLAIN, Mouth
from simulators.truth import Event, Said, Witness

Encoding = Literal["cbor", "json"]
MIN_PERIOD_S: Final = 1.0
"""The node's clock counts whole seconds: it never samples more often than once in a real second."""
_ENCODERS: Final[dict[Encoding, tuple[int, Callable[[list[Entry]], bytes]]]] = {
    "json": (110, encode_json),
    "cbor": (112, encode_cbor),
}

SENSORS: Final[dict[str, tuple[str, int]]] = {
    "water_level": ("m", 3),
    "fill_level": ("%", 0),
    "gate_opening": ("m", 2),
    "water_temperature": ("Cel", 2),
    "soil_moisture": ("%", 1),
    "soil_temperature": ("Cel", 1),
    "noise": ("dB", 1),
    "smoke_alarm": ("/", 0),
    "combustible_gas": ("%", 1),
    "gas_alarm": ("/", 0),
    "cover_open": ("/", 0),
    "tilt": ("deg", 1),
    "hydrogen_sulfide": ("ppm", 1),
    "battery_voltage": ("V", 2),
    "signal_strength": ("dBm", 0),
}
"""What a node can carry: observed property -> SenML unit (which has the vocabulary's scale) and decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoapSettings:
    """How one node is set up."""

    host: str
    port: int
    hardware: HardwareId
    observed: tuple[str, ...]
    """Out of :data:`SENSORS`."""
    path: str = "senml"
    encoding: Encoding = "cbor"
    period_s: float = 900.0
    """Simulated seconds between two samples; at ``speed`` they shrink to period / speed, but to no less than 1 s."""
    samples_per_report: int = 1
    """The radio is switched on for so many samples at once."""
    ack_timeout_s: float = 10.0
    """ACK_TIMEOUT of RFC 7252 §4.8, real seconds; by NB-IoT a round trip may take ten."""
    tries: int = 2
    """How many exchanges, each with its 4 retransmissions, before the node sleeps and waits for the next report."""
    report_limit: int = 1000


@dataclass(slots=True)
class Report:
    """One pack; its bytes never change."""

    payload: bytes
    said: tuple[Said, ...]
    sent: bool = False


class CoapNode:
    """One node; :meth:`run` until cancelled.

    Times in the pack are absolute and of real time (the cloud must not see the future), while the world goes ``speed``
    times as fast. A sensor without a value (a gap in the replayed series) is left out. A report that is not answered
    stays in memory and goes out again with the same bytes, oldest first; one that is refused (4.xx) is given up and
    counted. Every time the node wakes it has another UDP port, as behind a carrier's NAT.
    """

    def __init__(
        self, site: Site, settings: CoapSettings, world: World, clock: Clock, witness: Witness | None = None
    ) -> None:
        self.site = site
        self.settings = settings
        self.mouth: Mouth = PLAIN
        """Where its reports go out; a radio spoils nothing: half and garbled reports are written so."""
        self.reports: deque[Report] = deque()
        self.dropped = 0
        """Reports lost because the memory was full."""
        self.refused = 0
        """Reports that the other end did not want."""
        self.wakes = 0
        """How often the radio was on and is off again."""
        self._due = asyncio.Event()
        self._world = world
        self._clock = clock
        self._witness = witness
        self._samples: list[tuple[list[Entry], list[Said]]] = []
        self._last_second: int | None = None
        self._period_s = max(MIN_PERIOD_S, world.tempo.real_s(settings.period_s))

    async def run(self) -> None:
        """Measure, report and sleep until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._measure())
            tasks.create_task(self._wake())

    async def _measure(self) -> None:
        start = self._clock.monotonic_s()
        number = 0
        while True:
            self.measure()
            number = max(number + 1, int((self._clock.monotonic_s() - start) // self._period_s))
            await self._clock.sleep(start + number * self._period_s - self._clock.monotonic_s())

    async def _wake(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            await self._report()
            self.wakes += 1

    def measure(self) -> None:
        """Take a sample of this second; make a report when there are enough of them."""
        now_ms = self._clock.now_ms()
        second = now_ms // 1000
        if second == self._last_second:
            return
        self._last_second = second
        sample = self._sample(second, now_ms)
        if sample[0]:
            self._samples.append(sample)
        if len(self._samples) >= self.settings.samples_per_report:
            self._keep()

    def _sample(self, second: int, now_ms: int) -> tuple[list[Entry], list[Said]]:
        entries: list[Entry] = []
        said = []
        for observed in self.settings.observed:
            value = self._world.value(self.site, observed, second * 1000)
            if value is None:
                continue
            unit, decimals = SENSORS[observed]
            value = round(value, decimals)
            entries.append(Entry(bt=None if entries else second, n=observed, u=unit, v=value))
            hardware = str(self.settings.hardware)
            said.append(Said(self.site.device, hardware, observed, second * 1000, value, "sent", now_ms))
        return entries, said

    def _keep(self) -> None:
        entries = [entry for sample, _ in self._samples for entry in sample]
        base = Entry(bn=f"{self.settings.hardware}/")
        said = tuple(one for _, sample in self._samples for one in sample)
        self._samples.clear()
        if len(self.reports) >= self.settings.report_limit:
            self.reports.popleft()
            self.dropped += 1
        self.reports.append(Report(_ENCODERS[self.settings.encoding][1]([base, *entries]), said))
        self._due.set()

    async def _report(self) -> None:
        """Wake the radio, send what waits until one is not answered, and sleep."""
        context = await aiocoap.Context.create_client_context(transports=["udp6"])
        try:
            while self.reports and await self._deliver(context, report := self.reports[0]):
                if self.reports[0] is report:  # else it was dropped meanwhile
                    self.reports.popleft()
        finally:
            await context.shutdown()

    async def _deliver(self, context: aiocoap.Context, report: Report) -> bool:
        """Whether a report was answered for good, with yes or with no."""
        for _ in range(self.settings.tries):
            if not report.sent:
                report.sent = True
                self._tell(report, "sent")
            if delay_s := self.mouth.delay_s:
                await self._clock.sleep(delay_s)
            payload = self.mouth.spoilt(report.payload)
            if payload is None:
                return False
            try:
                answer = await context.request(self._message(payload)).response
            except (CoapError, OSError):
                continue  # no answer, or no way there: once more, then sleep
            if answer.code.is_successful():
                self._tell(report, "acknowledged")
                return True
            if answer.code.class_ == 4:
                self.refused += 1
                return True
        return False

    def _message(self, payload: bytes) -> aiocoap.Message:
        tuning = TransportTuning()
        tuning.ACK_TIMEOUT = self.settings.ack_timeout_s
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        return aiocoap.Message(
            code=POST,
            uri=f"coap://{host}:{self.settings.port}/{self.settings.path}",
            content_format=_ENCODERS[self.settings.encoding][0],
            payload=payload,
            transport_tuning=tuning,
        )

    def _tell(self, report: Report, event: Event) -> None:
        if self._witness is not None:
            now_ms = self._clock.now_ms()
            self._witness([one._replace(event=event, at=now_ms) for one in report.said])
