"""Station addresses (§6.2.3.2, Tables 13 and 14) and station types (Appendix A)."""

import re
from typing import Final, NamedTuple

from protocols.vocabulary.errors import ProtocolError

BROADCAST: Final = 65535
_FIRST_RELAY: Final = 60001
_ADDRESS = re.compile(r"[0-9A-F]{10}")
_PRINTED = re.compile(r"[0-9]{12}")


class StationType(NamedTuple):
    """What a station observes."""

    letter: str
    """As it is written in ASCII mode; its code is this letter's byte."""
    name: str
    name_zh: str


STATION_TYPES: Final = {
    ord(row[0]): StationType(*row)
    for row in (
        ("P", "rain", "降水"),
        ("H", "river", "河道"),
        ("K", "reservoir or lake", "水库(湖泊)"),
        ("Z", "gate or dam", "闸坝"),
        ("D", "pumping station", "泵站"),
        ("T", "tide", "潮汐"),
        ("M", "soil moisture", "墒情"),
        ("G", "groundwater", "地下水"),
        ("Q", "water quality", "水质"),
        ("I", "intake", "取水口"),
        ("O", "outlet", "排水口"),
    )
}


def station_bytes(station: str) -> bytes:
    """The five bytes of an address of 10 hexadecimal digits, upper case, as a frame carries it.

    :raises ProtocolError: something else.
    """
    if _ADDRESS.fullmatch(station) is None:
        raise ProtocolError(f"station {station!r:.40}: expected 10 hexadecimal digits, upper case")
    return bytes.fromhex(station)


def printed(station: str) -> str:
    """As people write an address: a hydrological one is its 10 digits, any other 6 division digits and 6 decimal ones.

    A device that fills all five bytes with decimal digits (1122334455) looks like one of the second kind.
    """
    if station.startswith("00") or not station[:6].isdecimal():
        return station
    return f"{station[:6]}{int(station[6:], 16):06d}"


def address(text: str) -> str:
    """The inverse of :func:`printed`, which also takes the 10 digits of the frame.

    :raises ProtocolError: neither, or a number above 65535.
    """
    if _PRINTED.fullmatch(text) is None:
        station_bytes(text)
        return text
    number = int(text[6:])
    if number > BROADCAST:
        raise ProtocolError(f"station {text}: expected its last 6 digits to be at most {BROADCAST}, found {number}")
    return f"{text[:6]}{number:04X}"


def role(station: str) -> str:
    """What the standard says about an address: ``station``, ``relay``, ``broadcast`` or ``invalid``."""
    if station.startswith("00"):
        return "station"
    number = int(station[6:], 16)
    if number == 0:
        return "invalid"
    return "broadcast" if number == BROADCAST else "relay" if number >= _FIRST_RELAY else "station"
