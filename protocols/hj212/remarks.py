"""What of a packet is not as the standard has it, though it can be read: the quirks of real devices, told one by one."""

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
    found = []
    if packet.qn is None and packet.version:
        found.append("QN is missing")
    if packet.qn is not None and _QN.fullmatch(packet.qn) is None:
        found.append(f"QN={packet.qn} has {len(packet.qn)} characters: expected YYYYMMDDhhmmsszzz; carried as it is")
    if packet.st not in SYSTEMS:
        found.append(f"ST={packet.st} is unlisted")
    if command(packet.cn, packet.version).meaning == "unlisted":
        found.append(f"CN={packet.cn} is unlisted: taken for an upload")
    if packet.pw is not None and len(packet.pw) != 6:
        found.append(f"PW has {len(packet.pw)} characters: expected 6")
    if packet.version and _MN.fullmatch(packet.mn) is None:
        found.append(f"MN={packet.mn} is not 24 hexadecimal digits")
    if packet.flag is None:
        found.append("Flag is missing: taken for the edition of 2005, no answer wanted")
    if packet.says_split and packet.pnum is None:
        found.append(f"Flag={packet.flag} says split, and there is no PNUM: taken for one packet")
    if not packet.says_split and packet.pnum is not None:
        found.append("PNUM is there, and Flag does not say split")
    if (packet.pnum is None) is not (packet.pno is None):
        found.append("one of PNUM and PNO is missing")
    for name, value in packet.extra:
        meant = _BY_LOWER.get(name.lower())
        if meant is not None:
            found.append(f"{name}={value} is not {meant}: names are case sensitive; carried, not read")
        elif name not in _KNOWN_EXTRA:
            found.append(f"header field {name} is unlisted; carried")
    return found


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
    if span.grid_ms is not None and not is_on_grid(ms, span.grid_ms):
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
