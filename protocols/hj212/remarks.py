"""What of a packet the standard has otherwise, though it can be read: the quirks of real devices, one by one."""

import re
from typing import Final

from protocols.hj212.commands import SYSTEMS, command
from protocols.hj212.measurement import quality_of
from protocols.hj212.names import DATA_FLAGS, is_upload, wrong_items
from protocols.hj212.packet import HEADER_FIELDS, Packet
from protocols.hj212.times import is_on_grid, span_of, utc_ms
from protocols.vocabulary.errors import ProtocolError
from protocols.vocabulary.quality import Reason

_QN = re.compile(r"[0-9]{17}")
_MN = re.compile(r"[0-9A-Fa-f]{24}")
_BY_LOWER: Final = {name.lower(): name for name in HEADER_FIELDS}
_KNOWN_EXTRA: Final = frozenset({"RF"})
"""The edition of 2025 marks what is sent again with RF=1."""


def remarks(packet: Packet) -> list[str]:
    """A line for each thing that the standard has otherwise; empty for a packet by the book."""
    return [*_header(packet), *_separators(packet), *_data_time(packet), *wrong_items(packet), *_flags(packet)]


def _header(packet: Packet) -> list[str]:
    split, pnum, pno = packet.says_split, packet.pnum, packet.pno
    rows = (
        (packet.qn is None and packet.version > 0, "QN is missing"),
        (
            packet.qn is not None and _QN.fullmatch(packet.qn) is None,
            f"QN={packet.qn} has {len(packet.qn or '')} characters: expected YYYYMMDDhhmmsszzz; carried as it is",
        ),
        (packet.st not in SYSTEMS, f"ST={packet.st} is unlisted"),
        (
            command(packet.cn, packet.version).meaning == "unlisted",
            f"CN={packet.cn} is unlisted: taken for an upload",
        ),
        (len(packet.pw or "123456") != 6, f"PW has {len(packet.pw or '')} characters: expected 6"),
        (packet.pw == "", "PW is empty: expected 6 characters"),
        (packet.mn == "", "MN is empty: which station sent it cannot be told"),
        (
            packet.version > 0 and packet.mn != "" and _MN.fullmatch(packet.mn) is None,
            f"MN={packet.mn} ({len(packet.mn)} characters) is not 24 hexadecimal digits; carried as it is",
        ),
        (packet.flag is None, "Flag is missing: taken for the edition of 2005, no answer wanted"),
        (split and pnum is None, f"Flag={packet.flag} says split, and there is no PNUM: taken for one packet"),
        (not split and pnum is not None, "PNUM is there, and Flag does not say split"),
        ((pnum is None) is not (pno is None), "one of PNUM and PNO is missing"),
    )
    return [text for is_so, text in rows if is_so] + [told for name, _ in packet.extra if (told := _extra(name))]


def _extra(name: str) -> str | None:
    meant = _BY_LOWER.get(name.lower())
    if meant is not None:
        return f"{name} is not {meant}: names are case sensitive; carried, not read"
    return None if name in _KNOWN_EXTRA else f"header field {name} is unlisted; carried"


def _separators(packet: Packet) -> list[str]:
    """What was passed over when the packet was read; a packet that was made has no bytes and no such remark."""
    found = []
    header, cp, content = packet.raw.partition(b";CP=&&")
    content = content[:-6]
    if not cp:
        return []
    if b";," in header:
        found.append("a stray , in front of a header field was passed over")
    if content.endswith((b";", b",")):
        found.append("a separator behind the last item was passed over")
    if re.search(rb"[;,] ", content):
        found.append("blanks around a name were passed over")
    if re.search(rb"[;,]{2}", content):
        found.append("separators with nothing between them were passed over")
    if b"|" in content:
        found.append("| stands in a value: some devices separate with it; it is not taken apart")
    return found


def _data_time(packet: Packet) -> list[str]:
    text = packet.first("DataTime")
    if text is None or not is_upload(packet):
        return []
    found = []
    try:
        ms = utc_ms(text)
    except ProtocolError:
        return []  # told as the time's own error
    if len(text) > 14:
        found.append(f"DataTime={text}: the digits behind the 14th are the fraction of the second")
    span = span_of(packet.cn)
    if span is not None and span.grid_ms is not None and not is_on_grid(ms, span.grid_ms):
        found.append(f"DataTime={text} is not the {span.meaning}; carried as it is")
    return found


def _flags(packet: Packet) -> list[str]:
    """Data flags that no table lists."""
    found = []
    for group in packet.groups:
        for name, value in group:
            if name.endswith("-Flag") and value not in DATA_FLAGS and quality_of(value)[1] is Reason.DEVICE_FLAG:
                found.append(f"{name}={value:.20} is unlisted: told on as the device's own")
            elif name == "Flag":
                found.append(f"Flag={value:.20} stands alone: it belongs to no factor")
    return found[:16]
