"""Modbus RTU: frames on a serial line, or over TCP to one; what is no answer is told apart (Serial Line V1.02 §2.4)."""

from collections import Counter
from typing import Final

from edge.lines.line import Line
from edge.lines.pace import Pace
from edge.links.modbus_config import ModbusRtu, ModbusRtuTcp
from edge.links.modbus_link import ModbusLink
from edge.links.modbus_port import DeviceSilent, PduPort, Question
from protocols.conversation import Send
from protocols.modbus import rtu
from protocols.modbus.master import LATE_S, Answered, Dropped, Master, Said, Silent
from protocols.vocabulary import Clock, SystemClock

NETWORK_LATE_S: Final = 60.0
"""A mobile network may hold answers of a serial server back for so long, and hands them over all at once ..."""
NETWORK_LATE_TIMEOUTS: Final = 40
"""... or for so many time-outs: a silent device is asked again after twenty."""
_AROUND: Final = 3
"""Unit and CRC."""


class RtuPort(PduPort):
    """One serial line with one question on it at a time. Implements edge.links.modbus_port.ModbusPort.

    :param timeout_s: for an answer, besides the time that its bytes take.
    :param echoes: whether the adapter hands back what is sent; None: found out.
    :param late_s: so long after its time-out an answer may still come.
    """

    def __init__(
        self, line: Line, pace: Pace, timeout_s: float, *, echoes: bool | None = None, late_s: float = LATE_S
    ) -> None:
        self.counters: Counter[str] = line.counters
        self._line = line
        self._pace = pace
        self._timeout_s = timeout_s
        self._echoes = echoes
        self._late_s = late_s
        self._master = self._new_master()

    def _new_master(self) -> Master:
        return Master(self._timeout_s, retries=0, echoes=self._echoes, late_s=self._late_s)

    async def open(self) -> None:
        await self._line.open()
        self._master = self._new_master()

    def close(self) -> None:
        self._line.close()

    async def end(self) -> None:
        """Close, and wait until somebody else can open the line."""
        await self._line.end()

    async def _answer(self, unit: int, question: Question) -> bytes:
        """When the unit gave no answer to the question, what it said instead."""
        clock, master = self._line.clock, self._master
        adu = rtu.Adu(unit, question.request)
        strayed = await self._line.rest(self._pace.gap_s, self._timeout_s)
        said = master.receive(strayed, clock.monotonic_s()) if strayed else []
        wire_s = (len(question.pdu) + question.size + 2 * _AROUND) * self._pace.character_s
        wrong: bytes | None = None
        try:
            said += master.ask(adu, clock.monotonic_s(), wire_s)
            while True:
                for one in said:
                    match one:
                        case Send(frame=frame):
                            self._line.write(frame)
                        case Dropped(kind=kind, raw=raw):
                            self.counters[kind] += 1
                            wrong = raw[1:-2] if kind == "wrong_answer" else wrong
                        case Answered(response=response) if response is not None:
                            return response.encode()
                        case Answered() | Silent() if wrong is not None:
                            return wrong
                        case Answered() | Silent():
                            raise DeviceSilent(f"unit {unit}: no answer within {self._timeout_s + wire_s:.3g} s")
                said = await self._heard(master)
        finally:
            master.give_up(clock.monotonic_s())

    async def _heard(self, master: Master) -> list[Said]:
        """What the master makes of the next bytes, or of there being none until its time is over."""
        now_s = self._line.clock.monotonic_s()
        due_s = now_s if master.due_s is None else master.due_s
        data = await self._line.read(due_s - now_s)
        now_s = self._line.clock.monotonic_s()
        return master.receive(data, now_s) if data else master.wake(max(now_s, due_s))


def modbus_rtu_link(config: ModbusRtu | ModbusRtuTcp, clock: Clock | None = None) -> ModbusLink:
    """A serial line of Modbus devices that are polled; the line's own time is the machine's."""
    line = config.line()
    late_s = LATE_S
    if isinstance(config, ModbusRtuTcp):
        late_s = max(NETWORK_LATE_S, NETWORK_LATE_TIMEOUTS * config.timeout_s)
    port = RtuPort(line, config.pace, config.timeout_s, echoes=config.echo, late_s=late_s)
    return ModbusLink(config, line.name, port, clock or SystemClock())
