"""What an agent wrote last of itself, and whether that is how things are now."""

import json
import os
import time
from pathlib import Path
from typing import Any, Final

from edge.status.file import STATUS_FILE
from edge.status.life import lives
from protocols.vocabulary import YingzhouError

FRESH_S: Final = 15.0
"""An agent writes its status every two seconds; one that is older says nothing of now."""
FULL_BYTES: Final = 64 << 10
"""A disk with less room is full: a status of many devices does not fit any more."""


def read_status(data: Path) -> dict[str, Any] | None:
    """What the agent of a data folder said, with ``age_s``, ``running``, ``fresh``, ``disk_full``; None: it never did.

    :raises YingzhouError: the file is no status.
    """
    path = data / STATUS_FILE
    try:
        status: dict[str, Any] = json.loads(path.read_text())
        age_s = time.time() - status["at_ms"] / 1000
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise YingzhouError(f"{path}: no status of an agent ({error})") from error
    fresh = abs(age_s) < FRESH_S
    alive = False if status.get("stopped") else lives(status.get("life"))
    told = {
        "age_s": round(age_s, 1),
        "running": fresh if alive is None else alive,
        "fresh": fresh,
        "process_gone": alive is False and not status.get("stopped"),
        "disk_full": _is_full(data),
    }
    return status | told


def _is_full(data: Path) -> bool:
    try:
        disk = os.statvfs(data)
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < FULL_BYTES
