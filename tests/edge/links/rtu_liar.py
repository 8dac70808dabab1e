"""Devices on an RS-485 line that answer what a test wants, true or not."""

import struct
from collections.abc import Callable
from typing import NamedTuple

from protocols.checksums import crc16_modbus


class Question(NamedTuple):
    unit: int
    function: int
    address: int
    count: int
    raw: bytes


def sealed(unit: int, pdu: bytes) -> bytes:
    body = bytes([unit]) + pdu
    return body + crc16_modbus(body).to_bytes(2, "little")


def truth(question: Question) -> bytes:
    """Each register holds its own address, a thousand times the unit added; each bit is its address's lowest."""
    addresses = range(question.address, question.address + question.count)
    if question.function in (1, 2):
        bits = sum((address & 1) << place for place, address in enumerate(addresses))
        data = bits.to_bytes((question.count + 7) // 8, "little")
    else:
        data = struct.pack(f">{question.count}H", *(address + 1000 * question.unit for address in addresses))
    return sealed(question.unit, bytes((question.function, len(data))) + data)


def refusal(question: Question, code: int) -> bytes:
    return sealed(question.unit, bytes((question.function | 0x80, code)))


class Liar:
    """Hears questions of eight bytes each, and says what its script says.

    :param say: puts bytes on the line.
    """

    def __init__(self, say: Callable[[bytes], None]) -> None:
        self.say = say
        self.script: Callable[[Question], bytes | None] = truth
        self.questions: list[Question] = []
        self.echo = False
        self._heard = b""

    def hear(self, data: bytes) -> None:
        if self.echo:
            self.say(data)
        self._heard += data
        while len(self._heard) >= 8:
            raw, self._heard = self._heard[:8], self._heard[8:]
            question = Question(*struct.unpack(">BBHH", raw[:6]), raw)
            assert sealed(question.unit, raw[1:6]) == raw
            self.questions.append(question)
            if answer := self.script(question):
                self.say(answer)
