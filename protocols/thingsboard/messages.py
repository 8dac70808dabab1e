"""Topics and JSON payloads: ThingsBoard's "MQTT Device API" and "MQTT Gateway API", version 1."""

from collections.abc import Iterator
from enum import StrEnum
from math import isfinite
from typing import Final, NamedTuple

from protocols import strict_json
from protocols.vocabulary.errors import FrameTooLong, ProtocolError

MAX_PAYLOAD: Final = 1 << 20
MAX_VALUES: Final = 20_000
"""Of one message."""
MAX_NAME: Final = 255
"""Characters of a device's name or of a key."""
LATEST_MS: Final = 253_402_300_799_999
_WHAT: Final = "ThingsBoard"


class Topic(StrEnum):
    """What is heard; what a server says there is nobody's here."""

    GATEWAY_TELEMETRY = "v1/gateway/telemetry"
    GATEWAY_CONNECT = "v1/gateway/connect"
    GATEWAY_DISCONNECT = "v1/gateway/disconnect"
    GATEWAY_ATTRIBUTES = "v1/gateway/attributes"
    DEVICE_TELEMETRY = "v1/devices/me/telemetry"
    DEVICE_ATTRIBUTES = "v1/devices/me/attributes"

    @property
    def of_gateway(self) -> bool:
        """Whether the payload names its devices."""
        return self.value.startswith("v1/gateway/")


class Told(NamedTuple):
    """One value of one key."""

    key: str
    value: float | int | bool | str | None
    """None: it is null, or more than one value: an object or an array."""
    time: int | None
    """``ts``, UTC ms; None: of its arrival."""


class Connected(NamedTuple):
    """A device behind a gateway is there, or is there no longer."""

    device: str
    type: str


def decode_device(payload: bytes) -> list[Told]:
    """``{"key": value}``, ``{"ts": ms, "values": {...}}``, or an array of either.

    :raises ProtocolError: it is none of these, is too long, or has a number that is not finite.
    """
    found = list(_entries(_loaded(payload)))
    _check_count(len(found))
    return found


def decode_gateway(payload: bytes) -> dict[str, list[Told]]:
    """``{"Device A": [...], "Device B": [...]}``, each as ``decode_device`` reads it.

    :raises ProtocolError: as there.
    """
    told = _loaded(payload)
    if not isinstance(told, dict):
        raise ProtocolError(f"{_WHAT}: expected an object of devices, found {_shown(told)}", payload[:64])
    found = {_name(device, "device"): list(_entries(entries)) for device, entries in told.items()}
    _check_count(sum(map(len, found.values())))
    return found


def decode_connect(payload: bytes) -> Connected:
    """``{"device": "Device A", "type": "..."}`` of connect and disconnect.

    :raises ProtocolError: it names no device.
    """
    told = _loaded(payload)
    device = told.get("device") if isinstance(told, dict) else None
    if not isinstance(told, dict) or not isinstance(device, str):
        raise ProtocolError(f"{_WHAT}: expected the name of a device, found {_shown(told)}", payload[:64])
    kind = told.get("type", "")
    return Connected(_name(device, "device"), kind[:MAX_NAME] if isinstance(kind, str) else "")


def _loaded(payload: bytes) -> object:
    if len(payload) > MAX_PAYLOAD:
        raise FrameTooLong(f"{_WHAT}: {len(payload)} bytes, at most {MAX_PAYLOAD} are read", payload[:64])
    return strict_json.loads(payload, _WHAT)


def _entries(told: object) -> Iterator[Told]:
    for entry in told if isinstance(told, list) else [told]:
        if not isinstance(entry, dict):
            raise ProtocolError(f"{_WHAT}: expected an object of values, found {_shown(entry)}")
        if "ts" in entry and "values" in entry:
            yield from _values(entry["values"], _time(entry["ts"]))
        else:
            yield from _values(entry, None)


def _values(values: object, time: int | None) -> Iterator[Told]:
    if not isinstance(values, dict):
        raise ProtocolError(f"{_WHAT}: values: expected an object, found {_shown(values)}")
    for key, value in values.items():
        if isinstance(value, float | int) and not isinstance(value, bool) and not _is_finite(value):
            raise ProtocolError(f"{_WHAT}: {key!r:.40}: expected a finite number")
        scalar = isinstance(value, float | int | str)  # a bool is an int
        yield Told(_name(key, "key"), value if scalar else None, time)


def _time(ts: object) -> int:
    if isinstance(ts, float) and ts.is_integer():
        ts = int(ts)
    if isinstance(ts, bool) or not isinstance(ts, int) or not 0 < ts <= LATEST_MS:
        raise ProtocolError(f"{_WHAT}: ts: expected ms since 1970, found {_shown(ts)}")
    return ts


def _is_finite(value: float) -> bool:
    try:
        return isfinite(float(value))
    except OverflowError:
        return False


def _name(text: object, what: str) -> str:
    if not isinstance(text, str) or not 1 <= len(text) <= MAX_NAME:
        raise ProtocolError(f"{_WHAT}: {what} {_shown(text)}: expected 1 to {MAX_NAME} characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ProtocolError(f"{_WHAT}: {what}: a lone surrogate is no text") from None
    return text


def _check_count(count: int) -> None:
    if count > MAX_VALUES:
        raise ProtocolError(f"{_WHAT}: {count} values, at most {MAX_VALUES} are read")


def _shown(told: object) -> str:
    return f"{told!r:.40}"
