"""Who answers on a line: unit identifiers of Modbus, addresses of meters by wildcard (DL/T 645 §7.1, CJ/T 188 §6)."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Final, NamedTuple, Protocol

from edge.links.meter_port import CJT188, DLT645, MeterPort
from edge.links.modbus_port import DeviceSilent, ModbusPort, ModbusRefused, WrongAnswer
from protocols import cjt188, dlt645
from protocols.cjt188.control import READING, type_name
from protocols.vocabulary import DeviceRefused, LinkDown, ProtocolError

TARGET_SILENT: Final = frozenset({0x0A, 0x0B})
"""What a gateway answers for a unit that is not there."""
GARBLED: Final = 30
"""So many calls in a row that bring nothing readable, and the line is at fault, not the meters."""
_PAIRS: Final = tuple(f"{pair:02d}" for pair in range(100))
_ENERGY_2007: Final = 0x0001_0000
_ENERGY_1997: Final = 0x9010

Progress = Callable[[str], None]
"""Is told what is asked next."""


class Finding(NamedTuple):
    """Somebody answered, or something did."""

    protocol: str
    address: str
    """Unit identifier, or the digits of the nameplate; AA in it where two or more talked at once."""
    readable: bool
    """False: bytes came that are no answer."""
    note: str


async def modbus_units(port: ModbusPort, units: Iterable[int], progress: Progress) -> AsyncIterator[Finding]:
    """Ask each unit for one register; a device that has none answers with an exception, which is an answer, too.

    :raises LinkDown: the line is gone, and cannot be opened again.
    """
    await port.open()
    for unit in units:
        progress(f"unit {unit}")
        before = Counter(port.counters)
        try:
            data = await port.read(unit, "holding", 0, 1)
        except DeviceSilent:
            if noise := +(port.counters - before):
                told = ", ".join(f"{kind} {count}" for kind, count in noise.items())
                yield Finding("modbus", str(unit), readable=False, note=told)
        except ModbusRefused as refused:
            if refused.code not in TARGET_SILENT:
                note = f"answers; holding register 0: exception {refused.code:02X}"
                yield Finding("modbus", str(unit), readable=True, note=note)
        except WrongAnswer as wrong:
            yield Finding("modbus", str(unit), readable=False, note=str(wrong))
        except LinkDown:
            await port.open()  # some servers hang up on a unit that is not there
        else:
            yield Finding(
                "modbus", str(unit), readable=True, note=f"answers; holding register 0 is {data.hex().upper()}"
            )


class Caller(Protocol):
    """How the meters of one standard are called: by all or by the last digits of their addresses."""

    protocol: str
    pairs: int
    """Pairs of digits of an address."""

    async def call(self, port: MeterPort, address: str) -> Finding:
        """Whoever AA in an address stands for.

        :raises DeviceSilent: nobody.
        :raises ProtocolError: the answer is none to this question.
        """
        ...


class Dlt645Caller:
    """Electricity meters: read address (13H), and where that is not known, their energy in both editions."""

    protocol = "dlt645"
    pairs = 6

    async def call(self, port: MeterPort, address: str) -> Finding:
        reads = [
            dlt645.requests.read(address, _ENERGY_2007),
            dlt645.requests.read(address, _ENERGY_1997, edition="1997"),
        ]
        questions = [dlt645.requests.read_address(), *reads] if address == dlt645.ANYONE else reads
        for question in questions[:-1]:
            try:
                return await self._asked(port, question)
            except DeviceSilent:
                if port.counters["noise"]:
                    raise
        return await self._asked(port, questions[-1])

    async def _asked(self, port: MeterPort, question: dlt645.Frame) -> Finding:
        try:
            answer = await port.ask(DLT645, dlt645.Exchange(question), 1)
        except dlt645.Refused as no:
            return Finding(self.protocol, no.address, readable=True, note=f"answers: {no}")
        return Finding(self.protocol, answer.address, readable=True, note=f"DL/T 645-{answer.edition}")


class Cjt188Caller:
    """Water, heat and gas meters: read address (810A), and where that is not known, their metering data."""

    protocol = "cjt188"
    pairs = 7

    async def call(self, port: MeterPort, address: str) -> Finding:
        anybody = cjt188.requests.Meter(cjt188.ANY_TYPE, address)
        reading = cjt188.requests.read(anybody, 1, READING)
        if address == cjt188.ANYONE:
            try:
                return await self._asked(port, cjt188.requests.read_address(anybody))
            except DeviceSilent:
                if port.counters["noise"]:
                    raise
        return await self._asked(port, reading)

    async def _asked(self, port: MeterPort, question: cjt188.Frame) -> Finding:
        try:
            answer = await port.ask(CJT188, cjt188.Exchange(question), 1)
        except cjt188.Refused as no:
            return Finding(self.protocol, no.address, readable=True, note=f"answers: {no}")
        note = f"type {answer.meter_type:02X}, {type_name(answer.meter_type)}"
        return Finding(self.protocol, answer.address, readable=True, note=note)


async def meters(port: MeterPort, caller: Caller, progress: Progress, *, every: bool = False) -> AsyncIterator[Finding]:
    """Call everybody; where more than one answers at once, call by the last digits, pair by pair.

    :param every: go through all last pairs in any case: a strong voice may have drowned a weak one.
    :raises LinkDown: the line is gone.
    """
    await port.open()
    waiting = [""]
    seen: set[str] = set()
    garbled = 0
    while waiting and garbled < GARBLED:
        digits = waiting.pop(0)
        address = digits.rjust(2 * caller.pairs, "A")
        progress(address)
        finding = await _called(port, caller, address)
        garbled = garbled + 1 if finding is not None and not finding.readable else 0
        if finding is not None and finding.readable:
            if finding.address not in seen:
                seen.add(finding.address)
                yield finding
        elif finding is not None and len(digits) == 2 * caller.pairs:
            yield finding
        crowded = finding is not None and not finding.readable and len(digits) < 2 * caller.pairs
        if crowded or (every and not digits):
            waiting += [pair + digits for pair in _PAIRS]
    if garbled >= GARBLED:
        note = "bytes come whoever is called: another speed or parity, a cable that picks up noise, or a second master"
        yield Finding(caller.protocol, "A" * 2 * caller.pairs, readable=False, note=note)


async def _called(port: MeterPort, caller: Caller, address: str) -> Finding | None:
    """Who answered; not readable: more than one, or noise; None: nobody."""
    port.counters.clear()
    try:
        return await caller.call(port, address)
    except DeviceSilent:
        if not port.counters:
            return None
    except (DeviceRefused, ProtocolError):
        pass
    told = ", ".join(f"{kind} {count}" for kind, count in port.counters.items()) or "no answer to this question"
    return Finding(caller.protocol, address, readable=False, note=told)
