"""The status that fits what the cloud keeps of it: of many devices those that need a look."""

import json
from typing import Any, Final

MAX_BYTES: Final = 48 * 1024
"""The cloud keeps 64 KiB at most."""
MAX_DEVICES: Final = 50
_LOOK_FIRST: Final = ("silent", "waiting", "up")


def brief(status: dict[str, Any]) -> dict[str, Any]:
    """The same with at most 50 devices, silent ones first; every link says how many it has of each state."""
    most = MAX_DEVICES
    while True:
        shown = _with_devices(status, most)
        if most == 0 or len(json.dumps(shown)) <= MAX_BYTES:
            return shown
        most //= 2


def _with_devices(status: dict[str, Any], most: int) -> dict[str, Any]:
    order = [
        (_LOOK_FIRST.index(device["state"]), at, place)
        for at, link in enumerate(status["links"])
        for place, device in enumerate(link["devices"])
    ]
    chosen = {(at, place) for _, at, place in sorted(order)[:most]}
    return {
        **status,
        "links": [
            {
                **link,
                "states": {state: sum(device["state"] == state for device in link["devices"]) for state in _LOOK_FIRST},
                "devices": [device for place, device in enumerate(link["devices"]) if (at, place) in chosen],
            }
            for at, link in enumerate(status["links"])
        ],
    }
