"""What others are told of an alarm: the body of a webhook, as Standard Webhooks lays it out."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cloud.alarms.lifecycle import Event
from cloud.registry.alarms import Alarm

TYPES: Final = tuple(f"alarm.{event}" for event in Event)
MAX_BODY: Final = 20_000
"""Bytes."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def type_of(event: Event) -> str:
    """``alarm.raised``, ``alarm.cleared`` or ``alarm.acknowledged``."""
    return f"alarm.{event}"


def body(event: Event, alarm: Alarm) -> bytes:
    """The exact bytes that are signed and sent, at every attempt the same; all that goes in is bounded."""
    happened = {
        Event.RAISED: alarm.raised_ms,
        Event.CLEARED: alarm.cleared_ms,
        Event.ACKNOWLEDGED: alarm.acknowledged_ms,
    }
    message = {"type": type_of(event), "timestamp": rfc3339(happened[event]), "data": _data(alarm)}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def rfc3339(ms: int | None) -> str | None:
    """Ms UTC with milliseconds and Z."""
    if ms is None:
        return None
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _data(alarm: Alarm) -> dict[str, Any]:
    return {
        "alarm": {
            "id": alarm.id,
            "state": alarm.state,
            "count": alarm.count,
            "raised": rfc3339(alarm.raised_ms),
            "cleared": rfc3339(alarm.cleared_ms),
            "acknowledged": rfc3339(alarm.acknowledged_ms),
            "acknowledged_by": alarm.acknowledged_by,
        },
        "rule": {
            "id": alarm.rule,
            "name": alarm.rule_name,
            "comparison": alarm.threshold.comparison,
            "threshold": alarm.threshold.limit,
            "deadband": alarm.threshold.deadband,
        },
        "priority": alarm.priority,
        "datastream": str(alarm.point),
        "property": alarm.point.observed,
        "neuron": {"id": alarm.point.source, "name": alarm.neuron_name, "kind": alarm.kind},
        "twin": None if alarm.twin is None else str(alarm.twin),
        "town": alarm.town,
        "value": alarm.value,
        "unit": alarm.unit,
        "observed": rfc3339(alarm.observed_ms),
    }
