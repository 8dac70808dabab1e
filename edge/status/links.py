"""What links and devices are, as JSON has it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any, Final

from edge.links.link import DeviceStatus, LinkStatus

_AS_THEY_ARE: Final = tuple(
    field.name for field in fields(DeviceStatus) if field.name not in ("answers", "errors", "notes")
)


def link_status(link: LinkStatus, flagged: Callable[[str], Mapping[str, int]]) -> dict[str, Any]:
    """One link with its devices.

    :param flagged: how many of a source's readings the quality checks flagged, by reason.
    """
    return {
        "name": link.name,
        "kind": link.kind,
        "up": link.up,
        "trouble": "" if link.up else link.trouble,
        "counters": dict(link.counters),
        "devices": [_device(device, flagged(device.source)) for device in link.devices],
    }


def _device(device: DeviceStatus, flagged: Mapping[str, int]) -> dict[str, Any]:
    """Every field; a missed tick is no error of the device's, so it stands by itself."""
    told: dict[str, Any] = {name: _plain(getattr(device, name)) for name in _AS_THEY_ARE}
    errors = dict(device.errors)
    told["missed_ticks"] = errors.pop("missed_tick", 0)
    told["errors"] = errors
    told["notes"] = list(device.notes)
    if flagged:
        told["notes"].append("checks: " + ", ".join(f"{reason} {count}" for reason, count in flagged.items()))
    answers = device.answers
    told["answers"] = answers.answers if answers else 0
    told["answer_median_s"] = round(answers.median_s, 4) if answers else None
    told["answer_worst_s"] = round(answers.worst_s, 4) if answers else None
    return told


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
