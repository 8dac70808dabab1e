"""A packet as a table for people and scripts: ``yingzhou decode hj212``."""

from typing import Any, Final

from protocols.checksums import crc16_hj212, crc16_modbus
from protocols.hj212.cipher import Blocks
from protocols.hj212.commands import SYSTEMS, command
from protocols.hj212.content import Group
from protocols.hj212.factors import factors
from protocols.hj212.frame import HEAD, CrcMode, open_frame
from protocols.hj212.names import is_upload
from protocols.hj212.packet import Packet
from protocols.hj212.remarks import remarks
from protocols.hj212.times import span_of, utc_ms
from protocols.vocabulary.errors import ProtocolError

_SEGMENT_STARTS: Final = (b"QN=", b"ST=")


def describe(raw: bytes, crc: CrcMode = "standard", decipher: Blocks | None = None) -> dict[str, Any]:
    """All that a packet says; a bare data segment (no head, no CRC) is told its length and right CRC.

    ``cp_groups`` has one object per group; where a name comes again in its group the last one stands there and
    ``repeated`` has them all. ``factors`` is left out when a factor comes twice. ``remarks`` are what the standard has
    otherwise.

    :param decipher: decrypts the content of packets of the edition of 2025 (protocols.hj212.cipher).
    :raises ProtocolError: it is no packet.
    """
    if raw.startswith(_SEGMENT_STARTS) and raw.endswith(b"&&"):
        return _segment(raw)
    frame = open_frame(raw, crc, decipher)
    packet = Packet.read(frame)
    segment = frame.segment
    told: dict[str, Any] = {
        "length_field": int(raw[2:HEAD]),
        "actual_length": len(segment),
        "crc_given": f"{frame.crc:04X}",
        "crc_computed": f"{crc16_hj212(segment):04X}",
        "crc_mode": frame.rule,
    }
    if frame.rule != "standard":
        told["crc_modbus"] = f"{crc16_modbus(segment):04X}"
    if frame.encrypted:
        told["encrypted"] = True
    return told | _packet(packet, segment)


def _segment(raw: bytes) -> dict[str, Any]:
    packet = Packet.read(open_frame(b"##%04d%b%04X" % (len(raw), raw, crc16_hj212(raw))))
    return {"bare_segment": True, "length": len(raw), "crc": f"{crc16_hj212(raw):04X}"} | _packet(packet, raw)


def _packet(packet: Packet, segment: bytes) -> dict[str, Any]:
    row = command(packet.cn, packet.version)
    told: dict[str, Any] = {
        "header": _header(packet, segment),
        "command": row.meaning,
        "system": SYSTEMS.get(packet.st, "unlisted"),
    }
    if row.name_zh:
        told["command_zh"] = row.name_zh
    if row.kind == "request or upload":
        told["direction"] = "upload" if is_upload(packet) else "request"
    if packet.flag is not None:
        told["flag_bits"] = {
            "ack_required_A": packet.flag & 1,
            "split_D": packet.flag >> 1 & 1,
            "version": packet.version,
        }
    told["cp_groups"] = [dict(group) for group in packet.groups]
    if repeated := _repeated(packet.groups):
        told["repeated"] = repeated
    if (measured := _factors(packet.groups)) is not None:
        told["factors"] = measured
        known = factors()
        told["names"] = {code: f"{known[code].name_zh} {known[code].unit_zh}" for code in measured if code in known}
    told |= _time(packet)
    if found := remarks(packet):
        told["remarks"] = found
    return told


def _header(packet: Packet, segment: bytes) -> dict[str, str]:
    """The header fields as they were sent: ``PNO=0002`` is 2, and is told as it came."""
    sent = (item.partition("=") for item in segment.partition(b";CP=")[0].decode().split(";"))
    values = {name.strip().lstrip(","): value for name, _, value in sent}
    return {name: values.get(name, value) for name, value in packet.header()}


def _repeated(groups: tuple[Group, ...]) -> list[dict[str, Any]]:
    found = []
    for place, group in enumerate(groups):
        names = [name for name, _ in group]
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                values = [value for key, value in group if key == name]
                found.append({"group": place, "name": name, "values": values})
    return found


def _factors(groups: tuple[Group, ...]) -> dict[str, dict[str, str]] | None:
    told: dict[str, dict[str, str]] = {}
    for group in groups:
        for name, value in group:
            factor, hyphen, suffix = name.partition("-")
            if not hyphen:
                continue
            suffixes = told.setdefault(factor, {})
            if suffix in suffixes:
                return None
            suffixes[suffix] = value
    return told or None


def _time(packet: Packet) -> dict[str, Any]:
    """DataTime in UTC; a time that is none is told, since the packet around it is right."""
    text = packet.first("DataTime")
    if text is None:
        return {}
    span = span_of(packet.cn) if is_upload(packet) else None
    told = {} if span is None else {"data_time_is": span.meaning}
    try:
        return {"data_time_utc_ms": utc_ms(text)} | told
    except ProtocolError as error:
        return {"data_time_error": str(error)}
