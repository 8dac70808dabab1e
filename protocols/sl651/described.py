"""Rows of the table that describe.py makes: one element, one parameter."""

from contextlib import suppress
from typing import Any, Final

from protocols.sl651.elements import (
    BULK,
    MODEM_ID,
    PICTURE,
    STATUS,
    STEP,
    TEXT,
    code,
    elements,
    is_channel,
    parameters,
)
from protocols.sl651.items import Asked, Element, StationMark, TimeMark
from protocols.sl651.numbers import number
from protocols.sl651.states import bits_set
from protocols.sl651.values import is_list, list_of, number_of

Told = dict[str, Any]
_UNITS: Final = {"Cel": "degC", "[pH]": "", "[NTU]": "NTU", "10*4.t": "10^4 t"}
"""How people write what UCUM writes otherwise."""
_CHANNELS: Final = {0: "off", 1: "SMS", 2: "IPv4", 3: "Beidou", 4: "maritime satellite", 5: "PSTN", 6: "VHF"}
_FIRST_RUN_PARAMETER: Final = 0x20


def stamp(digits: str) -> str:
    """A time with its century: 12 digits to the minute, 14 to the second."""
    return f"20{digits}"


def text(data: bytes) -> str:
    """Characters of a manual text or of an ASCII body: UTF-8, else GB 18030, else escaped.

    Two Chinese characters of GB 18030 may be right UTF-8 for letters of other scripts: UTF-8 is believed when it is
    ASCII or Chinese.
    """
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            decoded = data.decode(encoding)
            if encoding != "utf-8" or not any("\x7f" < character < "\u0800" for character in decoded):
                return decoded
    return data.decode("ascii", "backslashreplace")


def mark_row(item: StationMark | TimeMark) -> Told:
    """A new station, or a new time, within a report."""
    if isinstance(item, TimeMark):
        return {"id": "F0", "name": "TT", "value": stamp(item.stamp)}
    kind = {} if item.kind is None else {"station_type": f"{item.kind:02X}"}
    return {"id": "F1", "name": "ST", "value": item.station} | kind


def asked_row(item: Asked) -> Told:
    """An element that is asked for."""
    return {"id": code(item.id), "len": item.length, "dec": item.decimals} | _name(item.id)


def element_row(item: Element) -> Told:
    """One element of a report."""
    if item.id == TEXT:
        return {"id": "F2", "name": "RGZS", "text": text(item.data)}
    if item.id in (PICTURE, BULK):
        return {"id": code(item.id), "name": elements()[item.id].name, "bytes": len(item.data)}
    told = _layout(item, item.data)
    if item.id == STEP:
        return told | {"name": "DR_step", "dhm": item.data.hex().upper()}
    told |= _name(item.id)
    if is_list(item):
        cells = list_of(item)
        why = {cell.why for cell in cells if cell.why and "vendor" in cell.why}
        return told | {"values": [cell.value for cell in cells]} | ({"why": why.pop()} if why else {})
    found = number_of(item)
    told["value"] = found.value
    if found.why:
        told["why"] = found.why
    elif item.id == STATUS and found.value is not None:
        told["bits_set"] = bits_set(int(found.value))
    return told


def series_row(head: Asked, data: bytes, values: list[float | None]) -> Told:
    """One element of a series: the data of all groups, and their values."""
    return _layout(head, data) | _name(head.id) | {"values": values}


def _layout(item: Element | Asked, data: bytes) -> Told:
    return {
        "id": code(item.id),
        "len": item.definition >> 3,
        "dec": item.decimals,
        "raw": data.hex().upper(),
    }


def _name(identifier: int) -> Told:
    kind = elements().get(identifier)
    if kind is None:
        return {}
    unit = _UNITS.get(kind.unit, kind.unit)
    return {"name": kind.name} | ({"unit": unit} if unit else {})


def parameter_row(item: Element | Asked) -> Told:
    """One item of a configuration."""
    kind = parameters().get(item.id)
    told: Told = {"id": code(item.id), "def": f"{item.definition:02X}"}
    if kind is not None:
        told |= {"name": kind.name_en, "name_zh": kind.name_zh}
        if unit := _UNITS.get(kind.unit, kind.unit):
            told["unit"] = unit
    if isinstance(item, Asked):
        return told
    told["raw"] = item.data.hex().upper()
    return told | _parameter(item)


def _parameter(item: Element) -> Told:
    if item.id == MODEM_ID:
        return {"value": text(item.data)}
    if is_channel(item.id):
        return {"value": _channel(item.data)}
    if item.id < _FIRST_RUN_PARAMETER and item.id != 0x0C:
        return {"value": [*item.data] if item.id == 0x01 else item.data.hex().upper()}
    if not item.data:
        return {}
    found = number(item.data, item.decimals)
    return {"value": found.value} | ({"why": found.why} if found.why else {})


def _channel(data: bytes) -> str:
    """A channel's type and address: ``IPv4 218.94.153.172:9708``, ``SMS 13012345678``."""
    digits = data[1:].hex().upper()
    kind = _CHANNELS.get(data[0], f"type {data[0]}") if data else "off"
    if kind == "IPv4" and len(digits) == 18 and digits.isdecimal():
        parts = [str(int(digits[at : at + 3])) for at in range(0, 12, 3)]
        return f"{kind} {'.'.join(parts)}:{int(digits[12:])}"
    return f"{kind} {digits.lstrip('A')}".strip()
