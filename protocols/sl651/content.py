"""What the body of a whole message says, for the table that describe.py makes."""

from typing import Any, Final

from protocols.sl651.body import Body, read_body
from protocols.sl651.control import Mode
from protocols.sl651.described import asked_row, element_row, mark_row, parameter_row, series_row, stamp, text
from protocols.sl651.elements import PICTURE, STATUS, TEXT, elements
from protocols.sl651.frame import Frame
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
from protocols.sl651.measurements import Lists, measurements
from protocols.sl651.states import alarms, events, gates, quota, status, switches, version
from protocols.sl651.values import is_list, list_of, number_of, step_of, text_number
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

_REPORTS: Final = frozenset({Content.ELEMENTS, Content.SERIES})
_MAKERS: Final = "a mark and a layout of the maker's own, carried to the end of the body"


def content_of(frame: Frame, lists: Lists) -> Told:
    """Elements or parameters, states, series and readings, each under its name.

    :raises ProtocolError: the body cannot be read.
    """
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
    told |= _series(frame.function, body)
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
                asked.append(parameter_row(item) if takes_parameters else asked_row(item))
            case StationMark() if place == 0:
                continue
            case StationMark() | TimeMark():
                rows.append(mark_row(item))
            case Element():
                rows.append(parameter_row(item) if takes_parameters else element_row(item))
            case Series():
                rows += _series_rows(item)
            case Plain(data) if function(frame.function).content(frame.direction) in _REPORTS:
                rows.append({"id": f"{data[0]:02X}", "raw": data.hex().upper(), "note": _MAKERS})
    told: Told = {}
    if rows:
        told["parameters" if takes_parameters else "elements"] = rows
    if asked:
        told["asked"] = asked
    return told


def _series_rows(series: Series) -> list[Told]:
    return [
        series_row(head, b"".join(group[place] for group in series.groups), _series_values(series, place))
        for place, head in enumerate(series.heads)
    ]


def _series_values(series: Series, place: int) -> list[float | None]:
    head = series.heads[place]
    found: list[float | None] = []
    for group in series.groups:
        item = Element(head.id, head.definition, group[place])
        if is_list(item):
            found += [cell.value for cell in list_of(item)]
        else:
            found.append(number_of(item).value)
    return found


def _series(code: int, body: Body) -> Told:
    """What a uniform interval report (31) is compared by; a period's answer (38) has the step as well."""
    told: Told = {}
    for item in body.items:
        match item:
            case TimeMark():
                told.setdefault("first_time", stamp(item.stamp))
            case Element() | Named() if not function(code).takes_parameters:
                if (step := step_of(item)) is not None:
                    told["step"] = str(step)
            case Series() if len(item.heads) == 1:
                told |= {"element": f"{item.heads[0].id:02X}", "values": _series_values(item, 0)}
            case NamedSeries() if len(item.names) == 1:
                told |= {"element": item.names[0], "values": [text_number(group[0]).value for group in item.groups]}
    return told if "step" in told else {}


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
