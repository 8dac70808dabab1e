"""Numbers as data of HEX mode: packed decimals with a place of the point, negative and missing ones (§6.6.3.3)."""

from decimal import Decimal
from typing import Final, NamedTuple

from protocols.bcd import packed
from protocols.vocabulary.errors import ProtocolError

MISSING: Final = "missing(all F)"
VENDOR_FILL: Final = "vendor fill AA"
NO_DATA: Final = "no data"
NOT_DECIMAL: Final = "not decimal"


class Number(NamedTuple):
    """What data says, or why it says nothing."""

    value: float | None
    """An int when there are no decimals."""
    why: str | None = None
    """One of the words of this module, or what an element's own rule says, when there is no value."""


def number(data: bytes, decimals: int) -> Number:
    """Read packed decimals, the point ``decimals`` digits from the right.

    A leading FF is the sign when decimal digits follow it; all F is the standard's missing value, all A a vendor's.
    """
    digits = data.hex().upper()
    if not digits:
        return Number(None, NO_DATA)
    if digits.isdecimal():
        return Number(scaled(int(digits), decimals))
    if digits.startswith("FF") and digits[2:].isdecimal():
        return Number(scaled(-int(digits[2:]), decimals))
    if blank := fill(data):
        return Number(None, blank)
    return Number(None, NOT_DECIMAL)


def fill(data: bytes) -> str | None:
    """Why data that only fills a place has no value; None when it is none of the fillings met so far."""
    if data and not data.strip(b"\xff"):
        return MISSING
    if data and not data.strip(b"\xaa"):
        return VENDOR_FILL
    return None


def scaled(whole: int, decimals: int) -> float:
    """A whole number with its last digits behind the point; divided, so that 127 and 3 give exactly 0.127."""
    return whole / 10**decimals if decimals else whole


def packed_number(value: Decimal | str | int | None, length: int, decimals: int) -> bytes:
    """The inverse of :func:`number`; None is all F.

    :raises ProtocolError: it is no number, it has more decimals than these, or it does not fit into ``length`` bytes.
    """
    if value is None:
        return b"\xff" * length
    try:
        exact = Decimal(value).scaleb(decimals)
        whole = int(exact)
    except (ArithmeticError, ValueError) as error:
        raise ProtocolError(f"number {value!r:.40}: expected decimal digits") from error
    if whole != exact:
        raise ProtocolError(f"number {value}: expected {decimals} decimals at most")
    if whole < 0:
        return b"\xff" + packed(-whole, length - 1)
    return packed(whole, length)
