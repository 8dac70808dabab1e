"""Every command that a master sends, as a frame: DL/T 645-2007, and reading and writing of 1997."""

from datetime import datetime
from typing import Final, NamedTuple

from protocols.bcd import packed
from protocols.china_time import CHINA
from protocols.dlt645 import control
from protocols.dlt645.control import Edition
from protocols.dlt645.frame import ANYONE, EVERYBODY, LAYOUT, Frame
from protocols.dlt645.items import DI_WIDTH
from protocols.dlt645.payload import di_wire
from protocols.meter_line.address import address_wire
from protocols.vocabulary.errors import ProtocolError

ALL_EVENTS: Final = 0xFFFF_FFFF
_READS: Final[dict[Edition, tuple[int, int]]] = {
    "2007": (control.READ, control.READ_NEXT),
    "1997": (control.READ_1997, control.READ_NEXT_1997),
}


class Credentials(NamedTuple):
    """Who commands: password level 0 to 9, password of 6 digits, operator code of 8 digits."""

    level: int
    password: str
    operator: str

    def wire(self) -> bytes:
        """PA, P0 P1 P2, C0 C1 C2 C3.

        :raises ProtocolError: no decimal digits, or too many.
        """
        return self.secret() + packed(self.operator, 4)[::-1]

    def secret(self) -> bytes:
        """PA, P0 P1 P2.

        :raises ProtocolError: no decimal digits, or too many.
        """
        return packed(self.level, 1) + packed(self.password, 3)[::-1]


def read(
    address: str, di: int, *, blocks: int | None = None, since: datetime | None = None, edition: Edition = "2007"
) -> Frame:
    """Read an item, or a block of FF.

    :param blocks: of a load record: how many.
    :param since: of a load record: from which minute on (2007, with ``blocks``).
    """
    extra = b"" if blocks is None else bytes([_byte(blocks, "blocks")])
    if since is not None:
        extra += packed(since.astimezone(CHINA).strftime("%y%m%d%H%M"), 5)[::-1]
    return Frame(address, _READS[edition][0], _di(di, edition) + extra)


def read_next(address: str, di: int, sequence: int, edition: Edition = "2007") -> Frame:
    """Ask for what follows an answer whose ``more`` bit was set; 1997 numbers nothing."""
    number = b"" if edition == "1997" else bytes([_byte(sequence, "sequence number")])
    return Frame(address, _READS[edition][1], _di(di, edition) + number)


def read_address(address: str = ANYONE) -> Frame:
    """Ask for the address: one meter on the line only."""
    return Frame(address, control.READ_ADDRESS)


def write(address: str, di: int, data: bytes, who: Credentials, edition: Edition = "2007") -> Frame:
    """Write an item; ``data`` as on the wire, low bytes first. 1997 has no credentials in the frame."""
    if edition == "1997":
        return Frame(address, control.WRITE_1997, _di(di, edition) + data)
    return Frame(address, control.WRITE, _di(di, edition) + who.wire() + data)


def write_address(new: str, edition: Edition = "2007") -> Frame:
    """Give the one meter on the line another address; its programming key must be pressed."""
    function = control.WRITE_ADDRESS if edition == "2007" else control.WRITE_ADDRESS_1997
    return Frame(ANYONE, function, address_wire(new, LAYOUT))


def broadcast_time(when: datetime, address: str = EVERYBODY) -> Frame:
    """Set the clocks of all meters; none answers."""
    return Frame(address, control.BROADCAST_TIME, packed(when.astimezone(CHINA).strftime("%y%m%d%H%M%S"), 6)[::-1])


def freeze(month: int | None, day: int | None, hour: int | None, minute: int | None, address: str = EVERYBODY) -> Frame:
    """Freeze at a minute, each hour, day or month (None: whichever), or now (all None)."""
    fields = [packed(99 if value is None else value, 1) for value in (minute, hour, day, month)]
    return Frame(address, control.FREEZE, b"".join(fields))


def baud_rate(address: str, bits_per_second: int) -> Frame:
    """Change the speed of the port that this is sent to.

    :raises ProtocolError: none of the standard's speeds.
    """
    codes = {rate: code for code, rate in control.BAUD_RATES.items()}
    if bits_per_second not in codes:
        raise ProtocolError(f"DL/T 645: {bits_per_second} baud: expected one of {sorted(codes)}")
    return Frame(address, control.BAUD_RATE, bytes([codes[bits_per_second]]))


def change_password(address: str, di: int, old: Credentials, new: Credentials) -> Frame:
    """Change the password of a level; ``di`` is 04000C01 (level 0) to 04000C0A (level 9)."""
    return Frame(address, control.PASSWORD, _di(di, "2007") + old.secret() + new.secret())


def clear_demand(address: str, who: Credentials) -> Frame:
    """Clear the maximum demands."""
    return Frame(address, control.CLEAR_DEMAND, who.wire())


def clear_meter(address: str, who: Credentials) -> Frame:
    """Clear energies, demands, freezes, events and load records."""
    return Frame(address, control.CLEAR_METER, who.wire())


def clear_events(address: str, who: Credentials, di: int = ALL_EVENTS) -> Frame:
    """Clear the records of one event (its identifier with DI0 = FF), or of all."""
    return Frame(address, control.CLEAR_EVENTS, who.wire() + _di(di, "2007"))


def remote_switch(address: str, who: Credentials, command: int, valid_until: datetime) -> Frame:
    """Trip, close, alarm, keep on (control.SWITCH_COMMANDS); after ``valid_until`` the meter refuses it."""
    until = packed(valid_until.astimezone(CHINA).strftime("%y%m%d%H%M%S"), 6)[::-1]
    return Frame(address, control.REMOTE_SWITCH, who.wire() + bytes([_byte(command, "command"), 0]) + until)


def terminal_output(address: str, signal: int) -> Frame:
    """What the multi-function terminal gives: 0 clock pulses, 1 demand period, 2 day slot switching."""
    return Frame(address, control.TERMINAL_OUTPUT, bytes([_byte(signal, "signal")]))


def _di(di: int, edition: Edition) -> bytes:
    width = DI_WIDTH[edition]
    if not 0 <= di < 1 << 8 * width:
        raise ProtocolError(f"DL/T 645: identifier {di:X}: expected at most {2 * width} hexadecimal digits")
    return di_wire(di, edition)


def _byte(value: int, name: str) -> int:
    if not 0 <= value <= 255:
        raise ProtocolError(f"DL/T 645: {name} {value}: expected 0 to 255")
    return value
