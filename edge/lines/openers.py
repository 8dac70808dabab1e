"""How lines are opened: a serial port through serialx, a TCP serial server through a socket (docs/adr/0006)."""

import asyncio
import os.path
from typing import Final

from edge.lines.line import Line, Opener
from edge.lines.pace import Bits
from protocols.vocabulary import Clock

_PSEUDO_TERMINALS: Final = "/dev/pts/"


def serial_port(path: str, bits: Bits, clock: Clock | None = None) -> Line:
    """A serial port of this machine, for us alone: whoever else asks for it while it is open is refused."""
    return Line(path, _serial_opener(path, bits), clock)


def serial_server(host: str, port: int, clock: Clock | None = None) -> Line:
    """A serial server that hands a line's bytes on as they are (raw TCP)."""
    return Line(f"{host}:{port}", _tcp_opener(host, port), clock)


def _has_parity(path: str) -> bool:
    """A pseudo-terminal carries bytes, not bits: it drops a parity, and the C library then calls that an error."""
    return not os.path.realpath(path).startswith(_PSEUDO_TERMINALS)


def _serial_opener(path: str, bits: Bits) -> Opener:
    async def opened(protocol: asyncio.Protocol) -> asyncio.Transport:
        import serialx  # noqa: PLC0415 - a gateway without serial ports does without it

        parity = bits.parity if _has_parity(path) else "none"
        stop_bits = {1: serialx.StopBits.ONE, 2: serialx.StopBits.TWO}[bits.stop_bits]
        try:
            transport, _ = await serialx.create_serial_connection(
                asyncio.get_running_loop(),
                lambda: protocol,
                path,
                bits.baud,
                serialx.Parity[parity.upper()],
                stop_bits,
                exclusive=True,
                byte_size=bits.byte_size,
            )
        except serialx.SerialException as error:
            raise OSError(f"{bits}: {error}") from None
        return transport

    return opened


def _tcp_opener(host: str, port: int) -> Opener:
    async def opened(protocol: asyncio.Protocol) -> asyncio.Transport:
        transport, _ = await asyncio.get_running_loop().create_connection(lambda: protocol, host, port)
        return transport

    return opened
