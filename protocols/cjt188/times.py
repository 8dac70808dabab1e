"""Seven bytes of time: ss mm hh DD MM YY 20 as the standard sends it, or 20 YY MM DD hh mm ss as some makers do."""

from datetime import datetime
from typing import Final, Literal, NamedTuple

from protocols.china_time import CHINA, moment, utc_ms

WIDTH: Final = 7
_CENTURIES: Final = ("19", "20", "21")
Order = Literal["low first", "forward"]


class Stamp(NamedTuple):
    """What seven bytes say."""

    text: str
    """2015-05-11 22:01:31, local (UTC+8)."""
    ms: int
    """UTC."""
    order: Order


def read(data: bytes) -> Stamp | None:
    """The time in seven bytes; None when they are none in either order (zeros, FF, no date of the calendar).

    The standard's order is taken whenever it gives a time; forward only when it does not.
    """
    for order, figures in (("low first", data[::-1].hex()), ("forward", data.hex())):
        if not figures.isdecimal() or figures[:2] not in _CENTURIES:
            continue
        when = moment(figures)
        if when is not None:
            return Stamp(
                when.strftime("%Y-%m-%d %H:%M:%S"), utc_ms(when), "low first" if order[0] == "l" else "forward"
            )
    return None


def wire(when: datetime, order: Order = "low first") -> bytes:
    """The inverse."""
    data = bytes.fromhex(when.astimezone(CHINA).strftime("%Y%m%d%H%M%S"))
    return data if order == "forward" else data[::-1]
