"""Addresses of meters: pairs of decimal digits, the lowest pair first on the wire; AA and 99 in place of an address."""

import re

from protocols.meter_line.frame import Layout
from protocols.vocabulary.errors import ProtocolError

_HEX = re.compile("[0-9A-F]*")


def address_text(frame: bytes, layout: Layout) -> str:
    """The address in a frame, digits as on the nameplate: the wire has the lowest pair first."""
    return frame[layout.address_at : layout.address_at + layout.address_bytes][::-1].hex().upper()


def address_wire(text: str, layout: Layout) -> bytes:
    """The inverse.

    :raises ProtocolError: not twice as many digits (0-9, A-F) as the address has bytes.
    """
    digits = 2 * layout.address_bytes
    if len(text) != digits or _HEX.fullmatch(text) is None:
        raise ProtocolError(f"{layout.name}: address {text!r:.40}: expected {digits} digits")
    return bytes.fromhex(text)[::-1]


def shortened(digits: str, layout: Layout) -> str:
    """An address of which only the last digits are known: AA stands for any pair.

    :raises ProtocolError: an odd number of digits, or more than an address has.
    """
    if len(digits) % 2 or not digits.isdecimal():
        raise ProtocolError(f"{layout.name}: address {digits!r:.40}: expected pairs of decimal digits")
    text = digits.rjust(2 * layout.address_bytes, "A")
    address_wire(text, layout)
    return text


def is_wildcard(address: str) -> bool:
    """Whether a pair of it stands for any: more than one meter may answer."""
    return "AA" in _pairs(address)


def is_broadcast(address: str) -> bool:
    """99...99: every meter listens and none answers."""
    return set(address) == {"9"}


def addresses(asked: str, own: str) -> bool:
    """Whether a frame to ``asked`` is for the meter ``own``: AA stands for any pair, 99...99 for everybody."""
    return is_broadcast(asked) or all(
        want in ("AA", have) for want, have in zip(_pairs(asked), _pairs(own), strict=True)
    )


def _pairs(address: str) -> list[str]:
    return [address[at : at + 2] for at in range(0, len(address), 2)]
