"""A stream of packets: finds ``##`` and four digits, checks length and CRC, goes on after garbage."""

import re

from protocols.framing import Noise
from protocols.hj212.cipher import Blocks
from protocols.hj212.frame import CRC, HEAD, MAX_SEGMENT, TAIL, CrcMode, check_crc
from protocols.hj212.frame import MAX_FRAME as _MAX_FRAME
from protocols.hj212.packet import Packet
from protocols.vocabulary.errors import FrameTooLong, ProtocolError

_START = re.compile(rb"##[0-9]{4}")


class Decoder:
    """Feed bytes as they came, get packets and errors in wire order. Obeys protocols.framing.Decoder.

    A packet is given as soon as its CRC is there; CR LF behind it is not waited for. A head (``##`` and four digits)
    inside of a packet means that bytes were lost: the outer one is an error and the inner one is read.

    :param crc: which CRC the device is allowed to send.
    :param decipher: decrypts what comes encrypted (protocols.hj212.cipher).
    """

    MAX_FRAME = _MAX_FRAME

    def __init__(self, crc: CrcMode = "standard", decipher: Blocks | None = None) -> None:
        self._crc = crc
        self._decipher = decipher
        self._buffer = bytearray()
        self._noise = Noise(_MAX_FRAME, TAIL)

    def feed(self, data: bytes) -> list[Packet | ProtocolError]:
        """Take bytes; give the packets that are complete and the errors met."""
        buffer = self._buffer
        buffer += data
        found: list[Packet | ProtocolError] = []
        position = 0
        while head := _START.search(buffer, position):
            start = head.start()
            found += self._noise.add(bytes(buffer[position:start]))
            found += self._noise.end()
            taken, result = self._take(start)
            if result is None:
                position = start
                break
            found.append(result)
            position = start + taken
        else:
            kept = _start_of_head(buffer, position)
            found += self._noise.add(bytes(buffer[position : len(buffer) - kept]))
            position = len(buffer) - kept
        del buffer[:position]
        return found

    def _take(self, start: int) -> tuple[int, Packet | ProtocolError | None]:
        """Read the packet at start: how many bytes it used, and it or its error; None while it is incomplete."""
        buffer = self._buffer
        announced = int(buffer[start + 2 : start + HEAD])
        if announced > MAX_SEGMENT:
            self._noise.mute()
            raw = bytes(buffer[start : start + HEAD])
            return HEAD, FrameTooLong(f"length field: {announced} is more than {MAX_SEGMENT}", raw)
        end = start + HEAD + announced + CRC
        if inner := _START.search(buffer, start + HEAD, end):
            raw = bytes(buffer[start : inner.start()])
            return len(raw), ProtocolError(f"packet of {announced} bytes cut short after {len(raw) - HEAD}", raw)
        if len(buffer) < end:
            return 0, None
        raw = bytes(buffer[start:end])
        try:
            return len(raw), Packet.read(check_crc(raw, raw[HEAD:-CRC], raw[-CRC:], self._crc, self._decipher))
        except ProtocolError as error:
            self._noise.mute()
            # a head may begin in the last bytes of this one, so only what cannot be one is used up
            return len(raw) - _start_of_head(raw, HEAD), ProtocolError(str(error), raw)


def _start_of_head(data: bytes | bytearray, begin: int) -> int:
    """How many bytes at the end could be the start of a head that is not complete yet, 0..5."""
    for length in range(min(HEAD - 1, len(data) - begin), 0, -1):
        tail = data[-length:]
        if tail.startswith(b"##"[:length]) and (length <= 2 or tail[2:].isdigit()):
            return length
    return 0
