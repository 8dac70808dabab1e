"""NB-IoT payloads as tables for people and scripts: ``yingzhou decode nbiot-aep`` and ``nbiot-huawei``."""

import struct
from math import isfinite
from typing import Any, Final

from protocols.nbiot import aep, huawei, layout
from protocols.nbiot.aep import Kind
from protocols.nbiot.layout import Layout, Value

_NAMES: Final = {
    Kind.DATA_REPORT: "data report",
    Kind.COMMAND: "command",
    Kind.EVENT: "event",
    Kind.COMMAND_RESPONSE: "command response",
}


def describe_aep(raw: bytes, fields: Layout | None = None) -> dict[str, Any]:
    """Kind, service, task, and the data; four bytes of data are told as a float, too, which many products send.

    :param fields: the layout of the service, when it is known.
    :raises ProtocolError: it is no such payload, or its data does not fit the layout.
    """
    payload = aep.decode(raw)
    told: dict[str, Any] = {"type": type_of(payload.kind)}
    told["dataset_id" if payload.kind is Kind.DATA_REPORT else "service_id"] = payload.service_id
    if payload.task_id is not None:
        told["task_id"] = payload.task_id
    told |= {"length": len(payload.data), "payload": payload.data.hex()}
    if len(payload.data) == 4 and isfinite(number := struct.unpack(">f", payload.data)[0]):
        told["payload_float"] = number
    if fields is not None:
        told["fields"] = _plain(layout.read(fields, payload.data))
    return told


def type_of(kind: Kind) -> str:
    """The first byte and what it means."""
    return f"{kind:02X} {_NAMES[kind]}"


def describe_huawei(raw: bytes, fields: Layout | None = None) -> dict[str, Any]:
    """The fields by name.

    :param fields: the layout of the whole message; without it the first byte is taken for a messageId, and the
        message 0 for that of the smoke detector in Huawei's guide.
    :raises ProtocolError: bytes are missing or left over for the layout.
    """
    if fields is not None:
        return _plain(layout.read(fields, raw))
    if raw == huawei.DEFAULT_ANSWER:
        return {"meaning": "default platform response to a data report"}
    report = huawei.decode(raw, huawei.SMOKE_DETECTOR)
    if report.known:
        return {"messageId": report.message_id} | _plain(report.fields)
    return {"messageId": report.message_id, "payload": report.data.hex(), "note": "no layout is known for this message"}


def _plain(values: dict[str, Value]) -> dict[str, Value]:
    """What is no finite number stands as text, since JSON cannot say it."""
    return {
        name: str(value) if isinstance(value, float) and not isfinite(value) else value
        for name, value in values.items()
    }
