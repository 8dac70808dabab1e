"""One Modbus device on a link: what it is asked, what it has refused, what its answers mean."""

from array import array
from collections.abc import Iterable
from itertools import chain
from typing import Final, NamedTuple

from edge.links.cadence import Breaker
from edge.links.link import DeviceRecord, DeviceStatus
from edge.links.modbus_orders import CommandedRows
from edge.links.modbus_port import DeviceSilent, ModbusPort, ModbusRefused, WrongAnswer
from edge.links.poller import Poll
from firmware_adapters.interpretation import interpreter
from firmware_adapters.register_model import RegisterModel
from firmware_adapters.rows import RegisterRow
from protocols.modbus.plan import LEARNED, Plan, forget, learn, settle
from protocols.vocabulary import Batch, Clock, LinkDown, Point, Quality, Reason

RELEARN_FIRST_S: Final = 60.0
RELEARN_S: Final = 3600.0
"""After so long, doubling from the first to this, the whole plan is tried again: a device that was starting up
refuses what it has later."""
TARGET_SILENT: Final = frozenset({0x0A, 0x0B})
"""A gateway says that the device behind it cannot be reached or did not answer."""
DEVICE_FAILURE: Final = 4


class Answer(NamedTuple):
    """What one block brought."""

    block: int
    """Index into the plan in force."""
    time: int
    """When it arrived, ms UTC."""
    value: list[float]
    faults: dict[int, int]


class ModbusDevice:
    """A device behind a link; knows nothing of its neighbours.

    :param source: neuron identifier or hardware identity.
    :param unit: unit identifier, 0-255.
    :param retries: how often a question is repeated when no answer came.
    :param timeout_s: what it costs its neighbours to ask it in vain.
    """

    def __init__(  # noqa: PLR0913 - what makes a device a device
        self,
        source: str,
        unit: int,
        model: RegisterModel,
        period_s: float,
        clock: Clock,
        *,
        retries: int = 1,
        timeout_s: float = 0.0,
        gap: int | None = None,
        limit: int = 125,
    ) -> None:
        self.record = DeviceRecord(source)
        self.unit = unit
        self.period_s = period_s
        self.breaker = Breaker(period_s, timeout_s)
        self.commanded = CommandedRows(unit, model.rows, self.record)
        self._clock = clock
        self._retries = retries
        self._relearn_s = RELEARN_FIRST_S
        self._relearn_at_s = 0.0
        self._adopt(model.plan(limit=limit, gap=gap))

    @property
    def address(self) -> str:
        """Its unit identifier."""
        return str(self.unit)

    def _adopt(self, plan: Plan[RegisterRow]) -> None:
        self._plan = plan
        self._interpret = [interpreter(block.rows) for block in plan.blocks]
        self._points = [
            tuple(Point(self.record.source, row.observed, row.channel) for row in block.rows) for block in plan.blocks
        ]
        self._all_points = self._points_of(range(len(plan.blocks)))
        self._index = array("I", range(len(self._all_points)))

    def _points_of(self, blocks: Iterable[int]) -> tuple[Point, ...]:
        return tuple(chain.from_iterable(self._points[block] for block in blocks))

    async def poll(self, port: ModbusPort) -> Poll:
        """Ask for everything once; never raises: what came before a fault is kept."""
        self._relearn()
        answers: list[Answer] = []
        lost: LinkDown | None = None
        index = 0
        silent = learned = False
        while index < len(self._plan.blocks):
            try:
                answer, said = await self._ask(port, index)
            except DeviceSilent:
                self.record.errors["silence"] += 1
                self.record.state = "silent"
                silent = True
                break
            except LinkDown as down:
                lost = down
                break
            self.breaker.answer()
            if said in LEARNED:
                self._learn(index, said)
                learned = True
                continue
            if answer is not None:
                answers.append(answer)
            index += 1
        batch = self._batch(answers) if answers else None
        if learned and index == len(self._plan.blocks):
            self._adopt(settle(self._plan))
        return Poll(batch, silent, lost)

    async def _ask(self, port: ModbusPort, index: int) -> tuple[Answer | None, int]:
        """One block, repeated on silence; gives the answer, and the exception code if it was refused.

        :raises DeviceSilent: every try was in vain.
        """
        block = self._plan.blocks[index]
        tries = 1 if self.breaker.open else 1 + self._retries
        while True:
            tries -= 1
            asked_s = self._clock.monotonic_s()
            try:
                data = await port.read(self.unit, block.table, block.address, block.count)
            except DeviceSilent:
                if tries:
                    self.record.errors["repeat"] += 1
                    continue
                raise
            except WrongAnswer as wrong:
                self.record.errors[wrong.kind] += 1
                self.record.heard(self._clock.now_ms(), 0)
                return None, 0
            except ModbusRefused as refused:
                self.record.errors[f"exception_{refused.code:02x}"] += 1
                if refused.code in TARGET_SILENT:
                    raise DeviceSilent(str(refused)) from None
                self.record.heard(self._clock.now_ms(), 0)
                return self._failure(index) if refused.code == DEVICE_FAILURE else None, refused.code
            now_ms = self._clock.now_ms()
            value, faults = self._interpret[index](data)
            self.record.heard(now_ms, len(value), self._clock.monotonic_s() - asked_s)
            return Answer(index, now_ms, value, faults), 0

    def _failure(self, index: int) -> Answer:
        """The device says that it failed (exception 04): it was asked and has no value."""
        count = len(self._plan.blocks[index].rows)
        faults = dict.fromkeys(range(count), int(Reason.DEVICE_FAULT))
        return Answer(index, self._clock.now_ms(), [float("nan")] * count, faults)

    def _learn(self, index: int, code: int) -> None:
        """A block was refused: ask for its parts from now on; a row that is refused alone is left out."""
        self._relearn_at_s = self._clock.monotonic_s() + self._relearn_s
        self._adopt(learn(self._plan, self._plan.blocks[index], code))

    def _relearn(self) -> None:
        if self._plan.refused and self._clock.monotonic_s() >= self._relearn_at_s:
            self._relearn_s = min(RELEARN_S, self._relearn_s * 2)
            self._adopt(forget(self._plan))

    def _batch(self, answers: list[Answer]) -> Batch:
        """The columns of one poll."""
        if len(answers) == 1:
            points = self._points[answers[0].block]
        else:
            blocks = [answer.block for answer in answers]
            points = self._all_points if len(blocks) == len(self._plan.blocks) else self._points_of(blocks)
        count = len(points)
        time, value = array("q"), array("d")
        quality, reasons = array("B", [Quality.NOT_EVALUATED]) * count, array("I", [0]) * count
        for answer in answers:
            start = len(value)
            time.extend(array("q", [answer.time]) * len(answer.value))
            value.extend(answer.value)
            for row, bits in answer.faults.items():
                quality[start + row] = Quality.MISSING
                reasons[start + row] = bits
        return Batch(points, self._index[:count], time, value, quality, reasons)

    def status(self) -> DeviceStatus:
        absent = ", ".join(row.series for row in self._plan.absent)
        notes = (f"refuses {absent}",) if absent else ()
        return self.record.status(notes)
