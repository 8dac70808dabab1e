"""A meter on a line: what it is asked, what it does not have, what its answers mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from edge.links.cadence import Breaker
from edge.links.link import DeviceRecord, DeviceStatus
from edge.links.meter_config import Cjt188Device, Dlt645Device
from edge.links.meter_port import CJT188, DLT645, MeterPort
from edge.links.modbus_port import DeviceSilent
from edge.links.poller import Poll
from firmware_adapters.meter_rows import Told, cjt188_told, dlt645_told
from protocols import cjt188, dlt645
from protocols.vocabulary import Batch, Clock, DeviceRefused, LinkDown, Point, ProtocolError, Quality, Reading, Reason

RETRY_S: Final = 3600.0
"""An item that a meter does not have is tried again after so long: it may have been set up meanwhile."""
GIVE_UP_AFTER: Final = 3
"""Some meters do not refuse what they do not have: an item that brought nothing so often is left out."""
CLOCK_MS: Final = 600_000
"""A meter's clock may be off by so much; what it stamps is otherwise stamped by us, and marked."""


class Asker(Protocol):
    """What a standard makes of an item: asks for it, and tells what the answer says.

    ``keeps_time``: whether it stamps its answers with its clock; otherwise a stamp is of something past.
    """

    keeps_time: bool

    def name(self, di: int) -> str: ...

    async def ask(self, port: MeterPort, di: int, attempts: int) -> list[Told]:
        """:raises YingzhouError: as MeterPort.ask; ProtocolError: the answer is none of this item."""
        ...


class Dlt645Asker:
    """An electricity meter's."""

    keeps_time = False

    def __init__(self, device: Dlt645Device) -> None:
        self._address = device.address
        self._edition = device.edition
        self._rows = device.dlt645_rows()

    def name(self, di: int) -> str:
        return f"{di:0{8 if self._edition == '2007' else 4}X}"

    async def ask(self, port: MeterPort, di: int, attempts: int) -> list[Told]:
        question = dlt645.requests.read(self._address, di, edition=self._edition)
        answer = await port.ask(DLT645, dlt645.Exchange(question), attempts)
        rows = [row for row in self._rows if row.di == di]
        return [row.tell(answer.data) for row in rows] or dlt645_told(di, answer.data, self._edition)


class Cjt188Asker:
    """A water, heat or gas meter's."""

    keeps_time = True

    def __init__(self, device: Cjt188Device) -> None:
        self._meter = cjt188.requests.Meter(int(device.meter_type, 16), device.address, device.di_order)
        self._rows = device.cjt188_rows()
        self._ser = 0

    def name(self, di: int) -> str:
        return f"{di:04X}"

    async def ask(self, port: MeterPort, di: int, attempts: int) -> list[Told]:
        self._ser = (self._ser + 1) & 0xFF
        question = cjt188.requests.read(self._meter, self._ser, di)
        answer = await port.ask(CJT188, cjt188.Exchange(question), attempts)
        rows = tuple(row for row in self._rows if row.di == di)
        return cjt188_told(answer.meter_type, di, answer.data, rows)


@dataclass(slots=True)
class _Item:
    di: int
    silences: int = 0
    """In a row."""
    misses: int = 0
    """Silences in a row of this item alone: the meter had answered another just before."""
    again_s: float = 0.0
    """Left out until then, monotonic s."""


class MeterDevice:
    """A meter behind a line; knows nothing of its neighbours. Implements edge.links.poller.Polled."""

    def __init__(self, device: Dlt645Device | Cjt188Device, clock: Clock, retries: int, timeout_s: float) -> None:
        self.record = DeviceRecord(device.source)
        self.address = device.address
        self.period_s = device.period_s
        self.breaker = Breaker(device.period_s, timeout_s)
        self._clock = clock
        self._attempts = 1 + retries
        self._asker: Asker = Dlt645Asker(device) if isinstance(device, Dlt645Device) else Cjt188Asker(device)
        named = (*device.items, *(row.di for row in device.rows))
        self._items = [_Item(di) for di in dict.fromkeys(int(text, 16) for text in named)]

    async def poll(self, port: MeterPort) -> Poll:
        """Ask for every item once; never raises: what came before a fault is kept."""
        readings: list[Reading] = []
        answered = False
        for item in self._due():
            try:
                readings += await self._ask(port, item)
                answered = True
            except DeviceSilent:
                self._missed(item, answered=answered)
                return Poll(_batch(readings), not answered, None)
            except LinkDown as down:
                return Poll(_batch(readings), silent=False, lost=down)
        return Poll(_batch(readings), silent=False, lost=None)

    def _due(self) -> Sequence[_Item]:
        """Those that brought nothing last time go last: the others are not to suffer for them.

        Of a meter that has none of them the first is asked all the same: it may have come to its senses.
        """
        now_s = self._clock.monotonic_s()
        due = sorted((item for item in self._items if now_s >= item.again_s), key=lambda item: item.silences)
        return due or self._items[:1]

    async def _ask(self, port: MeterPort, item: _Item) -> list[Reading]:
        attempts = 1 if self.breaker.open or item.silences else self._attempts
        asked_s = self._clock.monotonic_s()
        try:
            told = await self._asker.ask(port, item.di, attempts)
        except DeviceRefused:
            self._answered(item)
            self.record.errors["refused"] += 1
            item.again_s = self._clock.monotonic_s() + RETRY_S
            self.record.heard(self._clock.now_ms(), 0)
            return []
        except ProtocolError:
            self._answered(item)
            self.record.errors["wrong_answer"] += 1
            self.record.heard(self._clock.now_ms(), 0)
            return []
        self._answered(item)
        now_ms = self._clock.now_ms()
        self.record.heard(now_ms, len(told), self._clock.monotonic_s() - asked_s)
        return [self._reading(one, now_ms) for one in told]

    def _answered(self, item: _Item) -> None:
        item.silences = item.misses = 0
        self.breaker.answer()

    def _missed(self, item: _Item, *, answered: bool) -> None:
        """No answer: of the meter, or only to this item when it has answered another."""
        item.silences += 1
        if not answered:
            self.record.errors["silence"] += 1
            self.record.state = "silent"
            return
        self.record.errors["item_silence"] += 1
        item.misses += 1
        if item.misses >= GIVE_UP_AFTER:
            item.again_s = self._clock.monotonic_s() + RETRY_S

    def _reading(self, told: Told, now_ms: int) -> Reading:
        point = Point(self.record.source, told.observed, told.channel)
        time, reasons, quality = now_ms, told.reasons, told.quality
        if told.time is not None:
            late_ms = now_ms - told.time
            if late_ms < -CLOCK_MS or (self._asker.keeps_time and late_ms > CLOCK_MS):
                reasons |= Reason.CLOCK
                self.record.errors["clock"] += 1
            else:
                time = told.time
        if told.value is None:
            return Reading(point, time, None, Quality.MISSING, reasons)
        return Reading.of(point, time, told.value, quality, reasons)

    def status(self) -> DeviceStatus:
        now_s = self._clock.monotonic_s()
        absent = [self._asker.name(item.di) for item in self._items if item.again_s > now_s]
        return self.record.status((f"does not give {', '.join(absent)}",) if absent else ())


def _batch(readings: list[Reading]) -> Batch | None:
    return Batch.of(readings) if readings else None
