"""What a gateway says of itself on ``up/status``: kept only when everybody can be shown it."""

from typing import Any, Final

import msgspec

MAX_STATUS: Final = 1 << 16
_DEEPEST: Final = 16


def read_status(payload: bytes) -> dict[str, Any] | None:
    """A JSON object of at most ``MAX_STATUS`` bytes and 16 levels.

    None for anything else: with NaN, half a surrogate pair or a thousand levels it could be stored, but never sent as
    JSON again, and every list of gateways would fail.
    """
    if len(payload) > MAX_STATUS:
        return None
    try:
        status = msgspec.json.decode(payload, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    level: list[Any] = [status]
    for _ in range(_DEEPEST):
        level = [member for value in level for member in _members(value)]
    return None if any(_members(value) for value in level) else status


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
