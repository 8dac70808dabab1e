"""A pack as a table for people and scripts: ``yingzhou decode senml-json`` and ``senml-cbor``."""

import base64
from collections.abc import Sequence
from math import isfinite
from typing import Any

from protocols.cbor import DecimalFraction
from protocols.senml.codec import decode_cbor, decode_json, parse_cbor
from protocols.senml.pack import Entry
from protocols.senml.record import Record, resolve


def describe_json(raw: bytes, now_s: float) -> dict[str, Any]:
    """The pack as it came (``parsed``) and its resolved records.

    :raises ProtocolError: it is no pack.
    """
    return _told(decode_json(raw), now_s)


def describe_cbor(raw: bytes, now_s: float) -> dict[str, Any]:
    """As describe_json, and the labels as they stand in the CBOR.

    :raises ProtocolError: it is no pack.
    """
    entries = decode_cbor(raw)
    return {"cbor": _labels(parse_cbor(raw))} | _told(entries, now_s)


def _told(entries: Sequence[Entry], now_s: float) -> dict[str, Any]:
    return {
        "records": len(entries),
        "parsed": [_plain(entry.fields()) for entry in entries],
        "resolved": [_record(record) for record in resolve(entries, now_s)],
    }


def _record(record: Record) -> dict[str, Any]:
    fields = {
        "n": record.name,
        "u": record.unit,
        "t": record.time_s,
        "v": record.v,
        "vs": record.vs,
        "vb": record.vb,
        "vd": record.vd,
        "s": record.s,
        "ut": record.ut,
        "vlo": record.vlo,
    }
    return _plain({name: value for name, value in fields.items() if value is not None})


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    if "vd" in fields:
        fields["vd"] = base64.urlsafe_b64encode(fields["vd"]).rstrip(b"=").decode()
    return fields


def _labels(value: object) -> Any:
    match value:
        case dict():
            return {str(label): _labels(item) for label, item in value.items()}
        case DecimalFraction():
            return {"tag": 4, "value": list(value)}
        case bytes():
            return {"bytes": value.hex()}
        case float() if not isfinite(value):
            return str(value)
        case list():
            return [_labels(item) for item in value]
        case _:
            return value
