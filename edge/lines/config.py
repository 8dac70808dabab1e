"""What the ``[[link]]`` sections of serial lines have in common: how the line is reached, and at which pace."""

from typing import Annotated, Literal

from pydantic import Field

from edge.lines.line import Line
from edge.lines.openers import serial_port, serial_server
from edge.lines.pace import Bits, Pace, Parity
from edge.section import Host, Section

GapMs = Annotated[float, Field(ge=0, le=1000)]


class SerialPortSection(Section):
    """A serial port of the gateway."""

    path: Annotated[str, Field(pattern=r"^/dev/[!-~]{1,240}$|^/[!-~]{1,240}$")]
    """``/dev/ttyS1``; of a USB adapter better the name under ``/dev/serial/by-id``, which stays the same."""
    baud: Annotated[int, Field(ge=50, le=4_000_000)] = 9600
    parity: Parity = "none"
    stop_bits: Literal[1, 2] = 1
    byte_size: Literal[7, 8] = 8
    gap_ms: GapMs | None = None
    """Silence before a question; left out: the 3.5 characters of the Modbus standard."""

    @property
    def bits(self) -> Bits:
        return Bits(self.baud, self.parity, self.stop_bits, self.byte_size)

    @property
    def pace(self) -> Pace:
        return Pace.of(self.bits, None if self.gap_ms is None else self.gap_ms / 1000)

    @property
    def reached_at(self) -> str:
        """The one line that only one link may own."""
        return self.path

    def line(self) -> Line:
        """Not open yet."""
        return serial_port(self.path, self.bits)


class SerialServerSection(Section):
    """A serial server: a line at the other end of a TCP connection."""

    host: Host
    port: Annotated[int, Field(ge=1, le=65_535)]
    gap_ms: GapMs = 0.0
    """Silence before a question; most serial servers keep the line's own."""

    @property
    def pace(self) -> Pace:
        return Pace(self.gap_ms / 1000)

    @property
    def reached_at(self) -> str:
        """The one line that only one link may own."""
        return f"{self.host}:{self.port}"

    def line(self) -> Line:
        """Not open yet."""
        return serial_server(self.host, self.port)
