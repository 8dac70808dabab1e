"""A frame, or all packets of one message, as a table for people and scripts: ``yingzhou decode sl651``."""

from hashlib import sha256
from typing import Any, Final

from protocols.sl651.body import Body, items_of, read_body
from protocols.sl651.control import UPLINK_ENDS, Direction, Mode
from protocols.sl651.decoder import Decoder
from protocols.sl651.described import element_row, parameter_row, stamp, text
from protocols.sl651.elements import PICTURE, STATUS, TEXT, elements
from protocols.sl651.frame import Frame, decode
from protocols.sl651.functions import Content, function
from protocols.sl651.items import (
    Asked,
    Element,
    Named,
    NamedSeries,
    Names,
    Period,
    Plain,
    Series,
    StationMark,
    TimeMark,
)
from protocols.sl651.joiner import Joined, Joiner
from protocols.sl651.layout import LAYOUTS
from protocols.sl651.measurements import Lists, measurements
from protocols.sl651.states import alarms, events, gates, quota, status, switches, version
from protocols.sl651.stations import STATION_TYPES, printed, role
from protocols.sl651.times import utc_ms
from protocols.sl651.values import is_list, list_numbers, number_of, step_of, text_number
from protocols.vocabulary.errors import ProtocolError
from protocols.vocabulary.quality import Quality, reason_names

Told = dict[str, Any]
_PLAIN_NAMES: Final = {
    Content.VERSION: ("version", version),
    Content.SWITCHES: ("switches", switches),
    Content.GATES: ("gates", lambda data: [gate._asdict() for gate in gates(data)]),
    Content.QUOTA: ("quota_on", quota),
    Content.EVENTS: ("events", events),
}


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
    return told | _content(frame, lists)


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


def _content(frame: Frame, lists: Lists) -> Told:
    body = read_body(frame)
    meaning = function(frame.function)
    told: Told = {}
    if rest := _rest(frame, body):
        told["raw_body"] = rest
    told |= _ascii(body) if frame.mode is Mode.ASCII else _items(frame, body)
    for item in body.items:
        match item:
            case Plain() if meaning.content(frame.direction) in _PLAIN_NAMES:
                told |= _plain(meaning.content(frame.direction), item.data)
            case Period():
                told |= {"begin": f"20{item.begin}", "end_of_period": f"20{item.end}"}
            case Element(id=identifier) if identifier == STATUS and not meaning.takes_parameters:
                value = number_of(item).value
                if value is not None:
                    told |= {"status": status(int(value)), "alarms": alarms(int(value))}
    told |= _series(frame, body)
    if readings := _readings(frame, lists):
        told["readings"] = readings
    return told


def _rest(frame: Frame, body: Body) -> str:
    """The body behind serial number, send time and station; hexadecimal, or characters."""
    content = frame.content
    if frame.mode is Mode.ASCII:
        return text(content)
    if body.items and isinstance(body.items[0], StationMark):
        content = content[len(body.items[0].encode()) :]
    return content.hex().upper()


def _items(frame: Frame, body: Body) -> Told:
    takes_parameters = function(frame.function).takes_parameters
    rows: list[Told] = []
    asked: list[Told] = []
    for place, item in enumerate(body.items):
        match item:
            case Asked():
                asked.append(parameter_row(item) if takes_parameters else element_row(item))
            case StationMark() if place == 0:
                continue
            case Element() if takes_parameters:
                rows.append(parameter_row(item))
            case StationMark() | TimeMark() | Element():
                rows.append(element_row(item))
            case Series():
                rows += _series_rows(item)
    told: Told = {}
    if rows:
        told["parameters" if takes_parameters else "elements"] = rows
    if asked:
        told["asked"] = asked
    return told


def _series_rows(series: Series) -> list[Told]:
    rows = []
    for place, head in enumerate(series.heads):
        data = b"".join(group[place] for group in series.groups)
        row = element_row(Element(head.id, head.definition, data))
        if not is_list(Element(head.id, head.definition, b"")):
            row.pop("value", None)
            row.pop("why", None)
            row["values"] = _series_values(series, place)
        rows.append(row | {"len": head.length})
    return rows


def _series_values(series: Series, place: int) -> list[float | None]:
    head = series.heads[place]
    found: list[float | None] = []
    for group in series.groups:
        item = Element(head.id, head.definition, group[place])
        if is_list(item):
            found += [cell.value for cell in list_numbers(item.id, item.data)]
        else:
            found.append(number_of(item).value)
    return found


def _series(frame: Frame, body: Body) -> Told:
    """What a uniform interval report (31) is compared by; a period's answer (38) has the step as well."""
    told: Told = {}
    for item in body.items:
        match item:
            case TimeMark():
                told.setdefault("first_time", stamp(item.stamp))
            case Element() | Named() if not function(frame.function).takes_parameters:
                if (step := step_of(item)) is not None:
                    told["step"] = str(step)
            case Series() if len(item.heads) == 1:
                told |= {"element": f"{item.heads[0].id:02X}", "values": _series_values(item, 0)}
            case NamedSeries() if len(item.names) == 1:
                told |= {"element": item.names[0], "values": [text_number(group[0]).value for group in item.groups]}
    if "step" not in told:
        return {}
    if frame.function == 0x31 and frame.raw:
        told["raw"] = _head(frame) | {"raw_body": _rest(frame, body)}
    return told


def _ascii(body: Body) -> Told:
    """By name; where a name comes twice the first one stands here, and ``readings`` has all."""
    told: Told = {}
    names: list[str] = []
    for item in body.items:
        match item:
            case TimeMark():
                told.setdefault("TT", item.stamp)
            case Named() if step_of(item) is None:
                told.setdefault(item.name, _ascii_value(item))
            case Names():
                names += item.names
            case NamedSeries():
                for place, name in enumerate(item.names):
                    told.setdefault(name, [text_number(group[place]).value for group in item.groups])
    return ({"elements": told} if told else {}) | ({"asked": names} if names else {})


def _ascii_value(item: Named) -> Any:
    if item.name == elements()[TEXT].name:
        return text(item.data)
    if item.name == elements()[PICTURE].name:
        return f"{len(item.data)} bytes"
    value = number_of(item).value
    return item.text if value is None and item.text != "M" else value


def _plain(content: Content, data: bytes) -> Told:
    """What a layout of its own says; a body that breaks it is told, since what it is for is the vendor's to say."""
    name, read = _PLAIN_NAMES[content]
    try:
        return {name: read(data)}
    except ProtocolError as error:
        return {f"{name}_error": str(error)}


def _readings(frame: Frame, lists: Lists) -> list[Told]:
    rows = []
    for found in measurements(frame, lists):
        row: Told = {
            "name": found.element,
            "value": found.value,
            "unit": found.unit,
            "time_utc_ms": found.time,
            "property": found.observed_property,
        }
        if found.station != frame.station:
            row["station"] = found.station
        if found.quality is not Quality.NOT_EVALUATED:
            row["quality"] = found.quality.value
        if found.reasons:
            row["reasons"] = reason_names(found.reasons)
        rows.append(row)
    return rows


def _message(frames: list[Frame], lists: Lists) -> Told:
    """All packets of one message."""
    joiner = Joiner()
    joined = [found for frame in frames for found in joiner.add(frame, 0.0)]
    complete = [found for found in joined if isinstance(found, Joined)]
    first = frames[0]
    if len(complete) != 1:
        missing = joiner.missing(first.station, first.function)
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
    return told | _content(message, lists)


def _is_picture(item: Element | Named) -> bool:
    return item.id == PICTURE if isinstance(item, Element) else item.name == elements()[PICTURE].name


def _picture(data: bytes) -> Told:
    return {
        "jpeg_bytes": len(data),
        "jpeg_starts": data[:4].hex(),
        "jpeg_ends": data[-2:].hex(),
        "jpeg_sha256": sha256(data).hexdigest(),
    }
