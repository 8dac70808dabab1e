"""A frame as a table for people and scripts: ``yingzhou decode dlt645``."""

from typing import Any

from protocols.china_time import moment
from protocols.dlt645 import control
from protocols.dlt645.control import error_bits, error_meaning, function_name
from protocols.dlt645.frame import LAYOUT, Frame, decode
from protocols.dlt645.items import name_of
from protocols.dlt645.payload import Payload, di_text, divide
from protocols.dlt645.reading import Data, Value, read
from protocols.meter_line.address import is_broadcast, is_wildcard
from protocols.meter_line.frame import locate

Told = dict[str, Any]


def describe(raw: bytes) -> Told:
    """All that one frame says; FE and a few stray bytes before it, and what a modem appended, are told beside it.

    :raises ProtocolError: it is no frame.
    """
    found = locate(raw, LAYOUT)
    frame = decode(found.frame)
    sums = f"{found.frame[-2]:02X}"
    told: Told = {
        "preamble_FE": found.preamble,
        "address": frame.address,
        "control": f"{frame.control:02X}",
        "from_slave": frame.from_meter,
        "error": frame.error,
        "more": frame.more,
        "function": f"{frame.function:02X}",
        "function_name": function_name(frame.function),
        "edition": divide(frame).edition,
        "length": len(frame.data),
        "cs_given": sums,
        "cs_computed": sums,
        "end_ok": True,
        "trailing": found.trailing.hex().upper(),
        "data_minus_33": frame.data.hex().upper(),
    }
    if found.stray:
        told["stray"] = found.stray.hex().upper()
    if is_broadcast(frame.address):
        told["address_note"] = "all meters; none answers"
    elif is_wildcard(frame.address):
        told["address_note"] = "AA stands for any pair"
    return told | _content(frame, divide(frame))


def _content(frame: Frame, parts: Payload) -> Told:
    told: Told = {}
    if frame.error:
        return _error(parts)
    if parts.address is not None:
        told["address_in_data"] = parts.address
    if parts.di is not None:
        told["DI"] = di_text(parts.di, parts.edition)
        if name := name_of(parts.di, parts.edition):
            told["item"] = name
    if parts.sequence is not None:
        told["sequence"] = parts.sequence
    if parts.password is not None:
        told["password_level"] = f"{parts.password[0]:02X}"
        told["operator"] = (parts.operator or b"")[::-1].hex().upper()
    if frame.from_meter and frame.function in control.READS and parts.data and parts.di is not None:
        return told | _values(parts.di, parts)
    return told | _command(frame, parts)


def _error(parts: Payload) -> Told:
    if parts.error is None:
        return {}
    return {
        "error_byte": f"{parts.error:02X}",
        "error_bits": error_bits(parts.error),
        "error_meaning": error_meaning(parts.error, parts.edition),
    }


def _values(di: int, parts: Payload) -> Told:
    """The raw digits of all data, high byte first, and what they mean, as far as the identifier is listed."""
    told: Told = {"value_raw_bcd": parts.data[::-1].hex()}
    data = read(di, parts.data, parts.edition)
    if data is None:
        known = name_of(di, parts.edition)
        return told | {"note": "another width than the item has: carried as bytes" if known else "unlisted identifier"}
    return told | _read(data, parts)


def _read(data: Data, parts: Payload) -> Told:
    first = data.values[0]
    if data.item is None or len(data.values) > 2 or (len(data.values) == 2 and not data.item.at_its_time):
        return {"values": [_row(value, parts) for value in data.values]}
    told = _value(first)
    if data.item.at_its_time:
        told["time"] = data.values[1].text
    return told


def _row(value: Value, parts: Payload) -> Told:
    return {"DI": di_text(value.di, parts.edition), "item": value.part.name} | _value(value)


def _value(value: Value) -> Told:
    told: Told = {}
    if value.part.format.kind == "number":
        told = {"value": value.number, "unit": value.part.format.unit}
    elif value.text is not None or value.part.format.kind == "stamp":
        told = {"text": value.text}
    return told | ({"reason": value.reason} if value.reason else {})


def _command(frame: Frame, parts: Payload) -> Told:
    """What a master wants besides an item."""
    data = parts.data
    if frame.from_meter or not data:
        return {}
    match frame.function:
        case control.REMOTE_SWITCH if len(data) == 8:
            return {
                "command": f"{data[0]:02X}",
                "command_meaning": control.SWITCH_COMMANDS.get(data[0], "unlisted"),
                "valid_until": _time(data[2:]),
            }
        case control.BROADCAST_TIME if len(data) == 6:
            return {"time": _time(data)}
        case control.FREEZE if len(data) == 4:
            return {"freeze_at": f"{data[3]:02X}-{data[2]:02X} {data[1]:02X}:{data[0]:02X}"}
        case control.BAUD_RATE if len(data) == 1:
            return {"baud_rate": control.BAUD_RATES.get(data[0])}
        case _:
            return {"data": data.hex().upper()}


def _time(low_first: bytes) -> str | None:
    when = moment("20" + low_first[::-1].hex()) if low_first.hex().isdecimal() else None
    return when.strftime("%Y-%m-%d %H:%M:%S") if when else None
