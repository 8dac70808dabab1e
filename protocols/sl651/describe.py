"""A frame, or all packets of one message, as a table for people and scripts: ``yingzhou decode sl651``."""

from hashlib import sha256
from typing import Any

from protocols.sl651.body import items_of, read_body
from protocols.sl651.content import content_of
from protocols.sl651.control import UPLINK_ENDS, Direction
from protocols.sl651.decoder import Decoder
from protocols.sl651.described import stamp
from protocols.sl651.elements import PICTURE, elements
from protocols.sl651.frame import Frame, decode
from protocols.sl651.functions import UNIFORM, function
from protocols.sl651.items import Element, Named, StationMark
from protocols.sl651.joiner import Joined, Joiner
from protocols.sl651.layout import LAYOUTS
from protocols.sl651.measurements import Lists
from protocols.sl651.stations import STATION_TYPES, printed, role
from protocols.sl651.times import utc_ms
from protocols.vocabulary.errors import ProtocolError

Told = dict[str, Any]


def describe(raw: bytes, lists: Lists = "first") -> Told:
    """All that a frame says; several packets of one message, glued together, are told as one message.

    :raises ProtocolError: it is no frame, its body cannot be read, or the packets are not those of one message.
    """
    try:
        frame = decode(raw)
    except ProtocolError:
        several = Decoder().feed(raw)
        if len(several) < 2 or not all(isinstance(found, Frame) and found.packet for found in several):
            raise
        return _message([found for found in several if isinstance(found, Frame)], lists)
    told = _frame(frame)
    if frame.is_part:
        return told | {"part_bytes": len(frame.body)}
    told |= content_of(frame, lists)
    if frame.function == UNIFORM:  # the collection of frames wants them apart
        told["raw"] = _head(frame) | {"raw_body": told.get("raw_body", "")}
    return told


def _head(frame: Frame) -> Told:
    """What the collection of frames compares: only these names stand in ``first_packet`` and ``raw``."""
    layout = LAYOUTS[frame.mode]
    crc = layout.unpack(frame.raw[-layout.crc_size :], "CRC").hex().upper()
    told: Told = {
        "direction": frame.direction.value,
        "center": frame.centre,
        "station": frame.station,
        "password": frame.password,
        "function": f"{frame.function:02X}",
        "length": layout.head(frame.raw).length,
        "start": frame.start.name,
        "end": frame.end.name,
        "length_ok": True,
        "crc": crc,
        "crc_computed": f"{layout.crc(frame.raw):04X}",
    }
    if frame.packet is not None:
        told |= {"packets_total": frame.packet.total, "packet_no": frame.packet.number}
    if frame.opens:
        told |= {"serial": frame.serial, "send_time": stamp(frame.send_time or "")}
        told |= _first_station(frame)
    return told


def _first_station(frame: Frame) -> Told:
    mark = _station_mark(frame)
    if mark is None:
        return {}
    told: Told = {"addr_F1": mark.station}
    if mark.kind is not None:
        told["station_type"] = f"{mark.kind:02X}"
    return told


def _station_mark(frame: Frame) -> StationMark | None:
    """The station at the body's beginning, also of the first of several packets."""
    try:
        first = next(iter(items_of(frame)), None)
    except ProtocolError:
        return None  # that is told where the body is read
    return first if isinstance(first, StationMark) else None


def _frame(frame: Frame) -> Told:
    meaning = function(frame.function)
    told: Told = {"mode": frame.mode.value} | _head(frame)
    told |= {"meaning": meaning.name, "meaning_zh": meaning.name_zh}
    if (shown := printed(frame.station)) != frame.station:
        told["station_printed"] = shown
    if (kind := role(frame.station)) != "station":
        told["station_role"] = kind
    if kind_code := told.get("station_type"):
        known = STATION_TYPES.get(int(kind_code, 16))
        told["station_type_name"] = known.name if known else "unlisted"
    if (frame.direction is Direction.UP) != (frame.end in UPLINK_ENDS):
        told["end_note"] = f"{frame.end.name} belongs to the other direction"
    if frame.opens:
        told |= _utc("send_time", frame.send_time or "")
    return told


def _utc(name: str, digits: str) -> Told:
    """The time in UTC; one that is no date is told, since the frame around it is right."""
    try:
        return {f"{name}_utc_ms": utc_ms(digits)}
    except ProtocolError as error:
        return {f"{name}_error": str(error)}


def _message(frames: list[Frame], lists: Lists) -> Told:
    """All packets of one message."""
    joiner = Joiner()
    joined = [found for frame in frames for found in joiner.add(frame, 0.0)]
    complete = [found for found in joined if isinstance(found, Joined)]
    first = frames[0]
    missing = joiner.missing(first.station, first.function)
    if len(complete) != 1 or missing:
        raise ProtocolError(f"packets: expected all of one message, {list(missing) or 'some'} are missing")
    message = complete[0].message
    opening = next(frame for frame in frames if frame.opens)
    told: Told = {
        "mode": message.mode.value,
        "station": message.station,
        "function": f"{message.function:02X}",
        "meaning": function(message.function).name,
        "packets_total": complete[0].total,
        "packet_numbers": [frame.packet.number for frame in frames if frame.packet],
        "first_packet": _head(opening),
        "ends": [frame.end.name for frame in frames],
        "body_bytes": len(message.body),
    }
    for item in read_body(message).items:
        if isinstance(item, Element | Named) and _is_picture(item):
            return told | _picture(item.data)
    return told | content_of(message, lists)


def _is_picture(item: Element | Named) -> bool:
    return item.id == PICTURE if isinstance(item, Element) else item.name == elements()[PICTURE].name


def _picture(data: bytes) -> Told:
    return {
        "jpeg_bytes": len(data),
        "jpeg_starts": data[:4].hex(),
        "jpeg_ends": data[-2:].hex(),
        "jpeg_sha256": sha256(data).hexdigest(),
    }
