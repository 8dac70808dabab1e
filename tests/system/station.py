"""A data logger that obeys the oracle: dials in, uploads, and takes 9014 as the promise that its data is kept."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

from protocols.checksums import crc16_hj212
from tests.system.oracle import Oracle, value_of

FACTORS = ("w01010", "w01001", "w01009")
OBSERVED = ("water_temperature", "ph", "dissolved_oxygen")


def frame(mn: str, number: int, time_ms: int) -> bytes:
    local = datetime.fromtimestamp(time_ms / 1000, UTC) + timedelta(hours=8)
    stamp = f"{local:%Y%m%d%H%M%S}"
    content = ";".join(f"{code}-Rtd={value_of(number, i):.2f},{code}-Flag=N" for i, code in enumerate(FACTORS))
    qn = f"{stamp}{number % 1000:03d}"
    segment = f"QN={qn};ST=21;CN=2011;PW=123456;MN={mn};Flag=5;CP=&&DataTime={stamp};{content}&&".encode()
    return b"##%04d%s%04X\r\n" % (len(segment), segment, crc16_hj212(segment))


class Station:
    """Sends ids one after the other, with up to ``ahead`` unacknowledged; sends again what was not acknowledged."""

    def __init__(
        self, mn: str, port: int, oracle: Oracle, *, seed: int = 1, ahead: int = 8, pause_s: float = 0.01
    ) -> None:
        self.mn = mn
        self.resent = 0
        self.oracle = oracle
        self._port = port
        self._random = random.Random(seed)
        self._ahead = ahead
        self._pause_s = pause_s
        self._open: dict[str, int] = {}
        self._draining = False

    async def run(self, total: int) -> None:
        """Until ``total`` ids are acknowledged."""
        while len(self.oracle.acked) < total:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            try:
                async with asyncio.TaskGroup() as group:
                    hearing = group.create_task(self._hear(reader))
                    group.create_task(self._speak(writer, total, hearing))
            except* (OSError, EOFError):
                await asyncio.sleep(0.05)
            finally:
                writer.close()

    async def _speak(self, writer: asyncio.StreamWriter, total: int, hearing: "asyncio.Task[None]") -> None:
        for number in list(self._open.values()):
            self.resent += 1
            self._write(writer, number)
        await writer.drain()
        while len(self.oracle.acked) < total:
            while len(self._open) < self._ahead and self.oracle.sent < total:
                self._write(writer, self.oracle.issue())
            await writer.drain()
            await asyncio.sleep(self._pause_s * self._random.random())
        hearing.cancel()

    def _write(self, writer: asyncio.StreamWriter, number: int) -> None:
        data = frame(self.mn, number, self.oracle.time_of(number))
        qn = data.split(b"QN=", 1)[1][:17].decode()
        self._open[qn] = number
        writer.write(data)

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        while True:
            line = await reader.readuntil(b"\r\n")
            if b"CN=9014" in line:
                number = self._open.pop(line.split(b"QN=", 1)[1][:17].decode(), None)
                if number is not None:
                    self.oracle.acked.add(number)
