"""Whole messages of both directions: what a centre asks and answers, what a station reports (§6.6.4)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from protocols.sl651.body import Body, compose
from protocols.sl651.control import Direction, End, Mode
from protocols.sl651.elements import MODEM_ID, STATUS, STEP, code, elements
from protocols.sl651.frame import Frame, Packet
from protocols.sl651.functions import function
from protocols.sl651.items import AnyItem, Asked, Element, Named, Names, Period, Plain, element
from protocols.sl651.numbers import number
from protocols.sl651.states import Gate, written_gates, written_switches
from protocols.sl651.times import Step
from protocols.vocabulary.errors import ProtocolError

PASSWORD: Final = 0x03
CLEAR: Final = Asked(0x97, 0)
RESET: Final = Asked(0x98, 0)
_FIRST_RUN_PARAMETER: Final = 0x20
_IC_CARD: Final = 1 << 9
_MOST_PACKETS: Final = 0xFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The two ends of a conversation, and how they write."""

    station: str
    """Ten hexadecimal digits, upper case."""
    centre: int
    password: str = "0000"  # noqa: S105  # two bytes in the clear: the default of the wire
    """Four hexadecimal digits, upper case."""
    mode: Mode = Mode.HEX

    @classmethod
    def of(cls, frame: Frame) -> "Line":
        """The line on which a frame came."""
        return cls(station=frame.station, centre=frame.centre, password=frame.password, mode=frame.mode)

    def up(self, code: int, body: Body, end: End = End.ETX) -> Frame:
        """What the station sends.

        :raises ProtocolError: the body cannot be written.
        """
        return compose(self._frame(Direction.UP, code, end), body)

    def down(self, code: int, body: Body, end: End = End.ENQ) -> Frame:
        """What the centre sends.

        :raises ProtocolError: the body cannot be written.
        """
        return compose(self._frame(Direction.DOWN, code, end), body)

    def _frame(self, direction: Direction, code: int, end: End) -> Frame:
        return Frame(
            direction=direction,
            station=self.station,
            centre=self.centre,
            password=self.password,
            function=code,
            body=b"",
            end=end,
            mode=self.mode,
        )


def acknowledgement(line: Line, message: Frame, end: End, total: int | None = None) -> Frame:
    """The answer to a message of a station: its function, serial number and send time.

    :param total: of how many packets it came; the answer then has SYN, and the last packet's number (Table 23).
    :raises ProtocolError: it is not the first part of a message, or the whole of it.
    """
    return _answer(line, message, end, None if total is None else Packet(total, total))


def refusal(line: Line, function_code: int, packet: Packet, first: Frame | None) -> Frame:
    """The NAK for one packet. Without the message's first packet its serial number is not known: 0 is sent.

    :raises ProtocolError: ``first`` is no first packet.
    """
    if first is not None:
        return _answer(line, first, End.NAK, packet)
    empty = line.down(function_code, Body(0, "000101000000"), End.NAK)
    return _in_packet(empty, packet)


def _answer(line: Line, message: Frame, end: End, packet: Packet | None) -> Frame:
    serial, send_time = message.serial, message.send_time
    if serial is None or send_time is None:
        raise ProtocolError("a message without serial number cannot be answered", message.raw)
    return _in_packet(line.down(message.function, Body(serial, send_time), end), packet)


def _in_packet(frame: Frame, packet: Packet | None) -> Frame:
    return replace(frame, packet=packet)


def packets(message: Frame, size: int) -> list[Frame]:
    """A message cut into packets of at most so many bytes of body; ETB at the end of all but the last.

    :raises ProtocolError: more than 4095 of them.
    """
    parts = [message.body[at : at + size] for at in range(0, len(message.body), size)]
    if len(parts) > _MOST_PACKETS:
        raise ProtocolError(f"message of {len(message.body)} bytes: more than {_MOST_PACKETS} packets of {size}")
    return [
        replace(
            message,
            body=part,
            end=message.end if place == len(parts) else End.ETB,
            packet=Packet(len(parts), place),
            raw=b"",
        )
        for place, part in enumerate(parts, 1)
    ]


@dataclass(frozen=True, slots=True)
class Command:
    """What a centre wants of a station."""

    function: int
    items: tuple[AnyItem, ...] = ()
    """Items of HEX mode; :func:`in_mode` writes them for the other."""
    serial: int = 0
    """0 by the standard; real centres count."""


QUERY_PICTURE: Final = Command(0x36)
QUERY_NOW: Final = Command(0x37)
QUERY_MANUAL: Final = Command(0x39)
QUERY_PUMPS: Final = Command(0x44)
QUERY_VERSION: Final = Command(0x45)
QUERY_STATE: Final = Command(0x46)
CLEAR_STORAGE: Final = Command(0x47, (CLEAR,))
FACTORY_RESET: Final = Command(0x48, (RESET,))
SET_CLOCK: Final = Command(0x4A)
"""The clock is set to the frame's send time."""
QUERY_EVENTS: Final = Command(0x50)
QUERY_CLOCK: Final = Command(0x51)


def query_period(begin: str, end: str, step: Step, wanted: Asked) -> Command:
    """38: the data of one element from one hour to another, YYMMDDHH, local.

    :raises ProtocolError: the step is out of its range.
    """
    return Command(0x38, (Period(begin, end), Element(STEP, 0x18, step.packed()), wanted))


def query_elements(wanted: Iterable[Asked]) -> Command:
    """3A: the latest values of some elements."""
    return Command(0x3A, tuple(wanted))


def set_parameters(values: Iterable[Element], *, basic: bool) -> Command:
    """40 (basic configuration, Table D.1) or 42 (run parameters, Table D.4)."""
    return Command(0x40 if basic else 0x42, tuple(values))


def read_parameters(wanted: Iterable[Asked], *, basic: bool) -> Command:
    """41 or 43."""
    return Command(0x41 if basic else 0x43, tuple(wanted))


def change_password(old: str, new: str) -> Command:
    """49: both are four hexadecimal digits.

    :raises ValueError: they are not.
    """
    return Command(0x49, tuple(element(PASSWORD, bytes.fromhex(password)) for password in (old, new)))


def set_ic_card(*, valid: bool) -> Command:
    """4B: only that bit of the state is looked at."""
    return Command(0x4B, (element(STATUS, (_IC_CARD if valid else 0).to_bytes(4, "big")),))


def switch_pumps(states: list[bool]) -> Command:
    """4C: all pumps, the first one first."""
    return Command(0x4C, (Plain(written_switches(states)),))


def switch_valves(states: list[bool]) -> Command:
    """4D: all valves, the first one first."""
    return Command(0x4D, (Plain(written_switches(states)),))


def switch_gates(states: list[Gate]) -> Command:
    """4E: all gates, the first one first."""
    return Command(0x4E, (Plain(written_gates(states)),))


def control_quota(*, on: bool) -> Command:
    """4F."""
    return Command(0x4F, (Plain(b"\xff" if on else b"\x00"),))


def in_mode(command: Command, mode: Mode) -> tuple[AnyItem, ...]:
    """The command's items as a mode writes them.

    No real frame of ASCII mode was ever seen: parameters of Table D.1 go as the hexadecimal digits of their bytes (the
    modem id as its characters), all others as decimal numbers.
    """
    if mode is Mode.HEX:
        return command.items
    return tuple(_texts(command))


def _texts(command: Command) -> Iterator[AnyItem]:
    takes_parameters = function(command.function).takes_parameters
    names: list[str] = []
    for item in command.items:
        match item:
            case Asked():
                names.append(_name(item.id, takes_parameters=takes_parameters))
            case Element(id=identifier, data=data) if identifier == STEP and not takes_parameters:
                yield Named(_step_name(Step.of(data)), b"")
            case Element():
                yield Named(
                    _name(item.id, takes_parameters=takes_parameters),
                    _text(item, takes_parameters=takes_parameters).encode("latin-1"),
                )
            case Plain(data=data):
                yield Plain(data.hex().upper().encode())
            case _:
                yield item
    if names:
        yield Names(tuple(names))


def _name(identifier: int, *, takes_parameters: bool) -> str:
    kind = None if takes_parameters else elements().get(identifier)
    return kind.name if kind else code(identifier)


def _text(item: Element, *, takes_parameters: bool) -> str:
    if takes_parameters and item.id == MODEM_ID:
        return item.data.decode("latin-1")
    if (takes_parameters and item.id < _FIRST_RUN_PARAMETER) or item.id == STATUS:
        return item.data.hex().upper()
    value = number(item.data, item.decimals).value
    return "M" if value is None else f"{value:.{item.decimals}f}"


def _step_name(step: Step) -> str:
    for letter, count in (("D", step.days), ("N", step.minutes)):
        if count:
            return f"DR{letter}{count:02d}"
    return f"DRH{step.hours:02d}"
