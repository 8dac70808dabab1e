"""Binary-coded decimal, two digits to a byte, the more significant one in the high nibble."""

from protocols.vocabulary.errors import ProtocolError


def digits(data: bytes) -> str:
    """The decimal digits of bytes in the order given, twice as many as there are bytes.

    :raises ProtocolError: a nibble above 9.
    """
    text = data.hex()
    if not text.isdecimal() and data:
        raise ProtocolError(f"BCD: {text.upper():.40} has a digit above 9", data)
    return text


def packed(number: int | str, count: int) -> bytes:
    """The inverse: a number of zero or more, or its decimal digits, in ``count`` bytes, filled with zeros in front.

    :raises ProtocolError: no decimal digits, or more than fit.
    """
    text = str(number)
    if not (text.isascii() and text.isdecimal()) or len(text) > 2 * count:
        raise ProtocolError(f"BCD: {text:.40} does not fit into {count} bytes")
    return bytes.fromhex(text.zfill(2 * count))


def low_first(data: bytes, *, signed: bool = False) -> int | None:
    """The number in bytes whose lowest two digits come first; None when a nibble is above 9: it is no number.

    :param signed: the highest bit of the last byte is the sign, 1 for negative, and no part of the digits.
    """
    text = data[::-1].hex()
    negative = signed and text[:1] > "7"
    if negative:
        text = f"{int(text[0], 16) - 8}{text[1:]}"
    if not text.isdecimal():
        return None
    return -int(text) if negative else int(text)


def packed_low_first(number: int, count: int, *, signed: bool = False) -> bytes:
    """The inverse in ``count`` bytes.

    :raises ProtocolError: it does not fit: too many digits, or negative without a sign bit.
    """
    data = packed(abs(number) if signed else number, count)
    if signed and data[:1] > b"\x7f":
        raise ProtocolError(f"BCD: {number} does not fit into {count} bytes with a sign")
    if number < 0:
        data = bytes([data[0] | 0x80]) + data[1:]
    return data[::-1]
