"""A frame as a table for people and scripts: ``yingzhou decode cjt188``."""

from typing import Any, Final

from protocols.cjt188 import control, reading, times
from protocols.cjt188.control import function_name, identifier_name, type_name
from protocols.cjt188.frame import LAYOUT, Frame, decode
from protocols.cjt188.payload import Payload, divide
from protocols.cjt188.reading import Value
from protocols.cjt188.status import Status
from protocols.meter_line.address import is_broadcast, is_wildcard
from protocols.meter_line.frame import locate

Told = dict[str, Any]
_FORWARD: Final = "this vendor sends the 7 time bytes in forward order YYYYMMDDHHmmss"


def describe(raw: bytes) -> Told:
    """All that one frame says; FE and a few stray bytes before it, and what a modem appended, are told beside it.

    :raises ProtocolError: it is no frame.
    """
    found = locate(raw, LAYOUT)
    frame = decode(found.frame)
    sums = f"{found.frame[-2]:02X}"
    told: Told = {
        "preamble_FE": found.preamble,
        "type": f"{frame.meter_type:02X}",
        "type_name": type_name(frame.meter_type),
        "address": frame.address,
        "address_wire": found.frame[2:9].hex().upper(),
        "control": f"{frame.control:02X}",
        "from_slave": frame.from_meter,
        "error": frame.error,
        "more": frame.more,
        "function": f"{frame.function:02X}",
        "function_name": function_name(frame.function),
        "length": len(frame.data),
        "cs_given": sums,
        "cs_computed": sums,
        "end_ok": True,
        "trailing": found.trailing.hex().upper(),
        "data": frame.data.hex().upper(),
    }
    if found.stray:
        told["stray"] = found.stray.hex().upper()
    if len(found.trailing) == 1:
        told["trailing_note"] = "modems append the signal strength behind 16"
    if is_broadcast(frame.address):
        told["address_note"] = "all meters; none answers"
    elif is_wildcard(frame.address):
        told["address_note"] = "AA stands for any pair"
    return told | _content(frame, divide(frame))


def _content(frame: Frame, parts: Payload) -> Told:
    told: Told = {}
    if parts.di_wire is not None and parts.di is not None:
        wire = parts.di_wire.hex().upper()
        told = {
            "DI_wire": wire,
            "DI": f"{parts.di:04X}",
            "DI_order": "high first" if wire == f"{parts.di:04X}" else "low first",
        }
        if name := identifier_name(parts.di):
            told["item"] = name
    if parts.ser is not None:
        told["SER"] = parts.ser
    if parts.status is not None:
        return told | {"status": parts.status.hex().upper()}
    if parts.di is None or not parts.data:
        return told
    return told | (_answer(frame, parts.di, parts.data) if frame.from_meter else _command(frame, parts.di, parts.data))


def _answer(frame: Frame, di: int, data: bytes) -> Told:
    values = reading.read(frame.meter_type, di, data)
    if values is None:
        return {"note": "no layout of the standard has this identifier and length: carried as bytes"}
    told: Told = {}
    units = 0
    for value in values:
        match value.part.kind:
            case "quantity":
                units += 1
                told |= _quantity(value, units)
            case "number":
                told |= {f"{value.part.key}_raw": value.digits, value.part.key: value.number}
            case "time":
                told |= _time(value)
            case "status":
                told |= _status(value.status) if value.status else {}
    if any(value.unit_place == "before" for value in values):
        told["unit_note"] = "this vendor sends the unit before the digits"
    return told


def _quantity(value: Value, number: int) -> Told:
    """Digits, unit, and the value under a name that ends with its unit: current_m3, heat_kWh, flow_m3_h."""
    key = value.part.key
    told: Told = {f"{key}_raw": value.digits, f"unit{number}": f"{value.unit_code:02X}"}
    if value.digits is None:
        told[f"{key}_wire"] = value.data.hex().upper()
    if value.unit is None:
        return told | {f"{key}_note": reading.UNKNOWN_UNIT}
    suffix = value.unit.name.replace("/", "_")
    if value.unit.name == "L":
        suffix = "L_if_2_decimals"
    told[f"{key}_{suffix}"] = value.number
    return told


def _time(value: Value) -> Told:
    told: Told = {
        f"{value.part.key}_wire": value.data.hex().upper(),
        f"{value.part.key}_reversed": value.data[::-1].hex().upper(),
        value.part.key: value.stamp.text if value.stamp else None,
    }
    if value.stamp and value.stamp.order == "forward":
        told[f"{value.part.key}_note"] = _FORWARD
    return told


def _status(status: Status) -> Told:
    return {
        "status_wire": status.wire.hex().upper(),
        "status_bits_low_byte": status.bits,
        "valve": status.valve,
        "valve_other_reading": {"closed": status.valve_closed, "fault": status.valve_fault},
        "low_battery": status.low_battery,
    }


def _command(frame: Frame, di: int, data: bytes) -> Told:
    """What a master writes."""
    if di == control.VALVE and len(data) == 1:
        return {"valve_command": data.hex().upper(), "valve_meaning": control.VALVE_COMMANDS.get(data[0], "unlisted")}
    if frame.function == control.WRITE_ADDRESS and len(data) == LAYOUT.address_bytes:
        return {"new_address": data[::-1].hex().upper()}
    if di == control.SET_TIME and len(data) == times.WIDTH:
        stamp = times.read(data)
        return {"time": stamp.text if stamp else None}
    return {"written": data.hex().upper()}
