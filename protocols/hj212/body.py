"""A command with its content, and the station that says it or is told it: they make a packet (HJ 212-2017 Table 3)."""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from protocols.hj212.content import Group
from protocols.hj212.frame import CrcRule
from protocols.hj212.packet import Packet, Version

_SHAPE: Final = re.compile(r"[^=;,&/]+")


class Body(NamedTuple):
    """A command and its content: protocols.hj212.requests and protocols.hj212.uploads make them."""

    cn: str
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """How one station is spoken to, or speaks."""

    mn: str
    st: str
    """Its system, 2 characters."""
    pw: str
    version: int = Version.HJ212_2017
    crc: CrcRule = "standard"

    def packet(self, body: Body, qn: str, *, wants_answer: bool) -> Packet:
        """The packet of a body under a QN (``qn_of(ms)``)."""
        return Packet(
            mn=self.mn,
            cn=body.cn,
            st=self.st,
            qn=qn,
            pw=self.pw,
            flag=self.version << 2 | wants_answer,
            groups=body.groups,
            crc=self.crc,
        )


def item(name: str, value: str) -> Group:
    """A group of one item.

    :raises ValueError: the value is empty or holds a separator.
    """
    return ((name, plain(name, value)),)


def plain(name: str, value: str) -> str:
    """A value that can stand in the content.

    :raises ValueError: it is empty or holds a separator.
    """
    if _SHAPE.fullmatch(value) is None:
        raise ValueError(f"{name}={value!r:.40}: expected characters other than = ; , & and /")
    return value


def bounded(name: str, value: int, low: int, high: int) -> Group:
    """A group of one number.

    :raises ValueError: it is out of its range.
    """
    if not low <= value <= high:
        raise ValueError(f"{name}={value}: expected {low} to {high}")
    return ((name, str(value)),)
