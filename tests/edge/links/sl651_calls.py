"""Frames of SL 651 stations, and both kinds of links for them, for the tests of the listeners."""

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path

from edge.links.sl651_config import Sl651Tcp, Sl651Udp
from edge.links.sl651_tcp import Sl651TcpLink
from edge.links.sl651_udp import Sl651UdpLink
from protocols.sl651 import Body, Decoder, End, Frame, Line, Mode, encode
from protocols.sl651.items import Named, StationMark, TimeMark, element
from protocols.sl651.numbers import packed_number
from protocols.sl651.times import observation_stamp, send_stamp
from protocols.vocabulary import ManualClock
from tests.edge.links.running import until

STATION = "0012345678"
LINE = Line(station=STATION, centre=1, password="1234")
NOW = 1_767_225_600_000  # 2026-01-01T00:00Z, when a ManualClock starts
_GOLDEN = json.loads((Path(__file__).parents[2] / "golden/sl651/frames.json").read_text())


def golden(number: int) -> bytes:
    return bytes.fromhex(_GOLDEN[number - 1]["frame"])


def right_frames() -> list[tuple[str, bytes]]:
    """Whole messages of stations, each once."""
    return [
        (row["id"], bytes.fromhex(row["frame"]))
        for row in _GOLDEN
        if row["accept"] and isinstance(row["frame"], str) and row["expected"].get("direction", "up") == "up"
    ]


def tcp_link(clock=None, **more) -> Sl651TcpLink:
    config = {"kind": "sl651-tcp", "name": "hydro", "host": "127.0.0.1", "port": 0, **more}
    return Sl651TcpLink(Sl651Tcp.model_validate(config, strict=False), clock or ManualClock())


def udp_link(clock=None, **more) -> Sl651UdpLink:
    config = {"kind": "sl651-udp", "name": "hydro", "host": "127.0.0.1", "port": 0, **more}
    return Sl651UdpLink(Sl651Udp.model_validate(config, strict=False), clock or ManualClock())


def level(metres: str | None, *, mode: Mode = Mode.HEX):
    if mode is Mode.ASCII:
        return Named("Z", (metres or "M").encode())
    return element(0x39, packed_number(metres, 4, 3), 3)


def report(serial: int, at_ms: int, *items, function: int = 0x32, line: Line = LINE, sent_ms: int | None = None):
    """A report of one time; a level of 1.234 m when nothing is said."""
    content = (
        StationMark(line.station, ord("H")),
        TimeMark(observation_stamp(at_ms)),
        *(items or (level("1.234", mode=line.mode),)),
    )
    return line.up(function, Body(serial, send_stamp(at_ms if sent_ms is None else sent_ms), content))


@asynccontextmanager
async def calling(link):
    await until(lambda: link.port)
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    try:
        yield Call(reader, writer)
    finally:
        writer.transport.abort()


class Call:
    """A station's end of one connection, by hand."""

    def __init__(self, reader, writer) -> None:
        self.reader, self.writer = reader, writer
        self._decoder = Decoder()
        self._found: list[Frame] = []

    def send(self, frame: Frame | bytes) -> None:
        self.writer.write(frame if isinstance(frame, bytes) else encode(frame))

    async def answer(self) -> Frame:
        async with asyncio.timeout(30):
            while not self._found:
                data = await self.reader.read(4096)
                if not data:
                    raise EOFError
                self._found += self._decoder.feed(data)
        return self._found.pop(0)

    async def is_cut(self) -> bool:
        async with asyncio.timeout(30):
            try:
                return await self.reader.read(1) == b""
            except ConnectionResetError:
                return True


def confirms(answer: Frame, frame: Frame, end: End = End.EOT) -> bool:
    return (answer.function, answer.serial, answer.station, answer.password, answer.end) == (
        frame.function,
        frame.serial,
        frame.station,
        frame.password,
        end,
    )
