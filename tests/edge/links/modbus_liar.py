"""A Modbus TCP server on a raw socket that answers what a test wants, true or not."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple


class Question(NamedTuple):
    transaction: int
    unit: int
    function: int
    address: int
    count: int


Script = Callable[[Question], bytes | None]
"""What to send back, whole; None: silence; b"": hang up."""


def mbap(question: Question, pdu: bytes, *, transaction: int | None = None, unit: int | None = None) -> bytes:
    return (
        struct.pack(
            ">HHHB",
            question.transaction if transaction is None else transaction,
            0,
            len(pdu) + 1,
            question.unit if unit is None else unit,
        )
        + pdu
    )


def truth(question: Question) -> bytes:
    """Each register holds its own address; each bit is its address's lowest."""
    addresses = range(question.address, question.address + question.count)
    if question.function in (1, 2):
        bits = sum((address & 1) << place for place, address in enumerate(addresses))
        data = bits.to_bytes((question.count + 7) // 8, "little")
    else:
        data = struct.pack(f">{question.count}H", *addresses)
    return mbap(question, bytes((question.function, len(data))) + data)


def refusal(question: Question, code: int) -> bytes:
    return mbap(question, bytes((question.function | 0x80, code)))


class Liar:
    """What was asked, and by how many connections."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.connections = 0
        self.port = 0
        self.script: Script = truth
        self.writers: set[asyncio.StreamWriter] = set()

    def spans(self, start: int = 0) -> list[tuple[int, int]]:
        return [(question.address, question.count) for question in self.questions[start:]]

    def hang_up(self) -> None:
        for writer in self.writers:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.add(writer)
        try:
            while True:
                head = await reader.readexactly(7)
                transaction, _, length, unit = struct.unpack(">HHHB", head)
                function, address, count = struct.unpack(">BHH", await reader.readexactly(length - 1))
                question = Question(transaction, unit, function, address, count)
                self.questions.append(question)
                answer = self.script(question)
                if answer == b"":
                    return
                if answer is not None:
                    writer.write(answer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self.writers.discard(writer)
            writer.transport.abort()


@asynccontextmanager
async def liar(port: int = 0) -> AsyncIterator[Liar]:
    """Listen; by default on a free port."""
    lying = Liar()
    server = await asyncio.start_server(lying.serve, "127.0.0.1", port)
    lying.port = server.sockets[0].getsockname()[1]
    try:
        yield lying
    finally:
        server.close()
        lying.hang_up()
        while lying.writers:
            await asyncio.sleep(0)
