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
