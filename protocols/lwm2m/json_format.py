"""The JSON of OMA LwM2M 1.0, content format 11543 (1543 before it): ``{"bn": "/3/0/", "e": [{"n": "9", "v": 95}]}``."""

from math import isfinite
from typing import Final, NamedTuple

from protocols import strict_json
from protocols.lwm2m.path import Path
from protocols.lwm2m.values import Value, object_link
from protocols.vocabulary.errors import FrameTooLong, ProtocolError

MAX_BYTES: Final = 65_536
MAX_ENTRIES: Final = 10_000
_END_OF_TIME_S: Final = 253_402_300_800
_VALUES: Final = ("v", "sv", "bv", "ov")


class Entry(NamedTuple):
    """One value as it travels."""

    path: Path
    value: Value
    time_s: float | None
    """Seconds since 1970; negative: so many seconds before now; None: now."""


def decode(payload: bytes, base: Path | None = None) -> list[Entry]:
    """Read the entries in order.

    :param base: the path that was asked, for a payload without a base name.
    :raises ProtocolError: no such JSON, or an entry without a path or with not exactly one value.
    """
    if len(payload) > MAX_BYTES:
        raise FrameTooLong(f"LwM2M JSON: {len(payload)} bytes, {MAX_BYTES} are allowed", payload[:64])
    pack = strict_json.loads(payload, "LwM2M JSON")
    if not isinstance(pack, dict) or not isinstance(pack.get("e"), list):
        raise ProtocolError("LwM2M JSON: expected an object with an array e", payload)
    entries = pack["e"]
    if len(entries) > MAX_ENTRIES:
        raise FrameTooLong(f"LwM2M JSON: {len(entries)} entries, {MAX_ENTRIES} are allowed", payload[:64])
    name = pack.get("bn", "" if base is None else str(base))
    if not isinstance(name, str):
        raise ProtocolError(f"LwM2M JSON: bn: expected a text, found {name!r:.40}")
    since_s = _number("bt", pack.get("bt", 0))
    return [_entry(entry, name, since_s) for entry in entries]


def _entry(entry: object, base: str, since_s: float) -> Entry:
    if not isinstance(entry, dict):
        raise ProtocolError(f"LwM2M JSON: expected an entry, found {entry!r:.40}")
    own = entry.get("n", "")
    if not isinstance(own, str):
        raise ProtocolError(f"LwM2M JSON: n: expected a text, found {own!r:.40}")
    found = [name for name in _VALUES if name in entry]
    if len(found) != 1:
        raise ProtocolError(f"LwM2M JSON: {base}{own}: expected one of {', '.join(_VALUES)}, found {len(found)}")
    return Entry(_path(base, own), _value(found[0], entry[found[0]]), _time(since_s, entry.get("t", 0)))


def _path(base: str, own: str) -> Path:
    """Base and own name put together; a slash between them may be missing, as clients forget it."""
    between = "/" if base and own and not base.endswith("/") and not own.startswith("/") else ""
    return Path.parse(base + between + own)


def _value(name: str, value: object) -> Value:
    match name, value:
        case "v", int() | float() if not isinstance(value, bool):
            return _number(name, value)
        case "bv", bool():
            return value
        case "sv", str():
            return value
        case "ov", str() if (link := object_link(value)) is not None:
            return link
    raise ProtocolError(f"LwM2M JSON: {name}: {value!r:.40} is no such value")


def _number(name: str, value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300 or not isfinite(value):
        raise ProtocolError(f"LwM2M JSON: {name}: expected a finite number, found {value!r:.40}")
    return value


def _time(since_s: float, own: object) -> float | None:
    """Base time and own time; none or zero is now, a negative sum counts back from now."""
    time_s = since_s + _number("t", own)
    if not -_END_OF_TIME_S < time_s < _END_OF_TIME_S:
        raise ProtocolError(f"LwM2M JSON: t: {time_s:g} s is outside of the calendar")
    return time_s or None
