"""Rows of the table that explain.py makes: the bytes of each item of a body."""

from typing import NamedTuple

from protocols.sl651.described import element_row, parameter_row, text
from protocols.sl651.elements import code, elements, parameters
from protocols.sl651.frame import Frame
from protocols.sl651.functions import Content, function
from protocols.sl651.items import (
    AnyItem,
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
    id_bytes,
)
from protocols.sl651.states import alarms
from protocols.sl651.stations import STATION_TYPES, printed
from protocols.sl651.values import is_list, number_of, step_of

_STATE = 0x45


class Row(NamedTuple):
    """So many next bytes and what they mean."""

    size: int
    name: str
    meaning: str = ""


def rows_of(item: AnyItem, frame: Frame) -> list[Row]:  # noqa: PLR0911  # one for each kind of item
    """An item of HEX mode."""
    meaning = function(frame.function)
    match item:
        case StationMark():
            rows = [Row(2, "mark", "station follows"), Row(5, "station", printed(item.station))]
            return rows if item.kind is None else [*rows, Row(1, "station type", _type(item.kind))]
        case TimeMark():
            return [Row(2, "mark", "observation time follows"), Row(5, "observation time", _minute(item.stamp))]
        case Period():
            return [Row(4, "begin", _hour(item.begin)), Row(4, "end", _hour(item.end))]
        case Asked():
            return _head_rows(item, parameter=meaning.takes_parameters)
        case Element():
            data = _parameter(item) if meaning.takes_parameters else _element(item)
            head = _head_rows(item, parameter=meaning.takes_parameters)
            return [*head, Row(len(item.data), "data", data)] if item.data else head
        case Series():
            return _series(item)
        case Plain():
            return [Row(len(item.data), _plain_name(meaning.content(frame.direction)))]
    return []


def _type(kind: int) -> str:
    known = STATION_TYPES.get(kind)
    return f"{known.name} {known.name_zh}" if known else "unlisted"


def _minute(stamp: str) -> str:
    return f"20{stamp[:2]}-{stamp[2:4]}-{stamp[4:6]} {stamp[6:8]}:{stamp[8:]}"


def _hour(stamp: str) -> str:
    return f"20{stamp[:2]}-{stamp[2:4]}-{stamp[4:6]} {stamp[6:]}h"


def _head_rows(item: Asked | Element, *, parameter: bool) -> list[Row]:
    identifier, definition = item.id, item.definition
    if parameter:
        known = parameters().get(identifier)
        name = f"{known.name_en} {known.name_zh}" if known else "unlisted"
    else:
        kind = elements().get(identifier)
        name = f"{kind.name}, {kind.name_en} {kind.name_zh}" if kind else "unlisted"
    layout = f"{definition >> 3} bytes, {definition & 7} decimals"
    if isinstance(item, Element) and len(item.data) != definition >> 3:
        layout = f"fixed, {len(item.data)} bytes"
    return [Row(len(id_bytes(identifier)), f"id {code(identifier)}", name), Row(1, "definition", layout)]


def _element(item: Element) -> str:
    row = element_row(item)
    if is_list(item):
        return f"{row['values']} {row['unit']}".replace("None", "missing")
    if (step := step_of(item)) is not None:
        return f"step {step}"
    if item.id == _STATE and row["value"] is not None:
        return "; ".join(alarms(int(row["value"]))) or "no alarm"
    if "value" not in row:
        return str(row.get("text", f"{len(item.data)} bytes"))
    return str(row["why"]) if row["value"] is None else f"{row['value']} {row.get('unit', '')}".strip()


def _parameter(item: Element) -> str:
    row = parameter_row(item)
    told = row.get("value")
    return str(row.get("why", "")) if told is None else f"{told} {row.get('unit', '')}".strip()


def _series(series: Series) -> list[Row]:
    rows = [row for head in series.heads for row in _head_rows(head, parameter=False)]
    for place, group in enumerate(series.groups, 1):
        for head, data in zip(series.heads, group, strict=True):
            told = _element(Element(head.id, head.definition, data))
            rows.append(Row(len(data), f"group {place}", told))
    return rows


def _plain_name(content: Content) -> str:
    if content in (Content.ELEMENTS, Content.SERIES):
        return "maker's own"
    return content.name.lower() if content not in (Content.NOTHING, Content.FREE) else "data"


def text_row(item: AnyItem, data: bytes) -> Row:
    """An item of ASCII mode and its characters."""
    name, meaning = _told(item, data)
    return Row(len(data), name, meaning)


def _told(item: AnyItem, data: bytes) -> tuple[str, str]:
    told = "data", text(data)
    match item:
        case StationMark():
            kind = "" if item.kind is None else f", {_type(item.kind)}"
            told = "station", f"{printed(item.station)}{kind}"
        case TimeMark():
            told = "observation time", _minute(item.stamp)
        case Period():
            told = "period", f"{_hour(item.begin)} to {_hour(item.end)}"
        case Named():
            told = item.name, _named(item)
        case Names():
            told = "names", ""
        case NamedSeries():
            told = "series", f"{len(item.groups)} groups of {', '.join(item.names)}"
    return told


def _named(item: Named) -> str:
    if (step := step_of(item)) is not None:
        return f"step {step}"
    kind = next((kind for kind in elements().values() if kind.name == item.name), None)
    if kind is None:
        return "unlisted"
    found = number_of(item)
    value = found.value if found.why is None else found.why
    return f"{kind.name_en} {kind.name_zh}: {value} {kind.unit}".strip()
