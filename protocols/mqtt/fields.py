"""What packets are made of: numbers, texts, lengths (§1.5)."""

from protocols.vocabulary.errors import ProtocolError

Bytes = bytes | memoryview
MOST: int = (1 << 28) - 1
"""The greatest variable byte integer."""


def number(data: Bytes, at: int, size: int) -> int:
    """Big-endian, of so many bytes (§1.5.2, §1.5.3).

    :raises ProtocolError: they are not all there.
    """
    piece = data[at : at + size]
    if len(piece) != size:
        raise ProtocolError(f"a packet of {len(data)} bytes ends within a number at {at}", bytes(data))
    return int.from_bytes(piece, "big")


def binary(data: Bytes, at: int) -> tuple[bytes, int]:
    """Bytes with their length before them (§1.5.6), and where they end.

    :raises ProtocolError: they are not all there.
    """
    begin = at + 2
    end = begin + number(data, at, 2)
    if end > len(data):
        raise ProtocolError(f"a packet of {len(data)} bytes ends within a text at {at}", bytes(data))
    return bytes(data[begin:end]), end


def text(data: Bytes, at: int) -> tuple[str, int]:
    """A UTF-8 string (§1.5.4), and where it ends.

    :raises ProtocolError: it is not all there, or no UTF-8.
    """
    found, end = binary(data, at)
    try:
        return found.decode(), end
    except UnicodeDecodeError as error:
        raise ProtocolError(f"a text at {at} is no UTF-8: {error}", bytes(data)) from error


def varint(data: Bytes, at: int) -> tuple[int, int]:
    """A variable byte integer (§1.5.5), and where it ends.

    :raises ProtocolError: it is not all there, or longer than four bytes.
    """
    value = 0
    for place in range(4):
        one = number(data, at + place, 1)
        value |= (one & 127) << 7 * place
        if not one & 128:
            return value, at + place + 1
    raise ProtocolError("a length of more than four bytes", bytes(data[at : at + 5]))


def write_varint(value: int) -> bytes:
    """As :func:`varint` reads it.

    :raises ValueError: it is more than four bytes hold.
    """
    if not 0 <= value <= MOST:
        raise ValueError(f"{value} bytes: MQTT's limit is {MOST}")
    found = bytearray()
    while True:
        value, low = value >> 7, value & 127
        found.append(low | 128 if value else low)
        if not value:
            return bytes(found)


def write_binary(data: bytes) -> bytes:
    """With its length before it.

    :raises ValueError: it is longer than 65,535 bytes.
    """
    if len(data) > 0xFFFF:
        raise ValueError(f"a text of {len(data)} bytes: MQTT's limit is 65535")
    return len(data).to_bytes(2, "big") + data


def write_text(text: str) -> bytes:
    """A UTF-8 string, likewise."""
    return write_binary(text.encode())
