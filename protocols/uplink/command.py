"""What a command, a configuration and a result say (docs/uplink.md §7.1-7.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final, Literal, Self, get_args

from protocols.vocabulary.errors import IdentityError, ProtocolError
from protocols.vocabulary.identity import Point

MAX_ITEMS: Final = 64
"""Points in one command."""
MAX_REASON: Final = 4096
"""Characters; what is longer is cut by whoever writes it."""
_LATEST_MS: Final = 253_402_300_799_999
_ID = re.compile(r"(?:cmd|cfg)-[0-9a-z]{8,32}", re.ASCII)
_MOST: Final = 2**63

State = Literal["applied", "refused", "expired", "superseded", "failed", "trying", "rolled_back"]
"""``trying`` and ``rolled_back`` are a configuration's only."""
STATES: Final = frozenset(get_args(State))


@dataclass(frozen=True, slots=True)
class Command:
    """Points of one neuron shall have these values: an absolute state, never a step."""

    id: str
    target: str
    """The neuron."""
    version: int
    """Rises with every command to the same neuron; of two for one point the higher one counts."""
    issued: int
    """ms UTC."""
    expires: int
    """From then on it must not be carried out, ms UTC by the gateway's clock."""
    desired: Mapping[str, float]
    """Series (``lamp_level``, ``lamp_level/2``) -> value in the observed property's unit."""

    def body(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "id": self.id,
            "target": self.target,
            "version": self.version,
            "issued": self.issued,
            "expires": self.expires,
            "set": dict(self.desired),
        }

    def points(self) -> dict[Point, float]:
        """What is desired, by point."""
        return {Point.parse(f"{self.target}/{series}"): value for series, value in self.desired.items()}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """The inverse of ``body``.

        :raises ProtocolError: it is none.
        """
        match dict(body):
            case {
                "id": str(name),
                "target": str(target),
                "version": int(version),
                "issued": int(issued),
                "expires": int(expires),
                "set": dict(desired),
                **rest,
            } if not rest:
                pass
            case _:
                raise ProtocolError("command: expected id, target, version, issued, expires and set")
        _check_head(name, "cmd-", version, issued, expires)
        if not 1 <= len(desired) <= MAX_ITEMS:
            raise ProtocolError(f"command: {len(desired)} points: expected 1 to {MAX_ITEMS}")
        try:
            for series in desired:
                Point.parse(f"{target}/{series}")
        except IdentityError as error:
            raise ProtocolError(f"command: {error}") from None
        values = {series: _number(value, "command") for series, value in desired.items()}
        return cls(name, target, version, issued, expires, values)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What is not the gateway's own affair of its configuration file, whole."""

    id: str
    version: int
    issued: int
    """ms UTC."""
    toml: str

    def body(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"id": self.id, "version": self.version, "issued": self.issued, "toml": self.toml}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """The inverse of ``body``.

        :raises ProtocolError: it is none.
        """
        match dict(body):
            case {"id": str(name), "version": int(version), "issued": int(issued), "toml": str(toml), **rest} if (
                not rest
            ):
                _check_head(name, "cfg-", version, issued)
                return cls(name, version, issued, toml)
        raise ProtocolError("configuration: expected id, version, issued and toml")


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one point of a command."""

    series: str
    state: State
    value: float | None = None
    """As the device itself told it after the write; None: nothing was read."""
    reason: str = ""

    def body(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"series": self.series, "state": self.state, "value": self.value, "reason": self.reason}

    @classmethod
    def of(cls, body: object) -> Self:
        """The inverse of ``body``.

        :raises ProtocolError: it is none.
        """
        match body:
            case {"series": str(series), "state": str(state), "value": value, "reason": str(reason), **rest} if (
                not rest and state in STATES and len(series) <= 81 and _readable(reason)
            ):
                return cls(series, state, None if value is None else _number(value, "result"), reason)  # type: ignore[arg-type] # checked above
        raise ProtocolError("result: an item that is none: expected series, state, value and reason")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a command or a configuration."""

    id: str
    version: int
    state: State
    time: int
    """When it came to that, by the gateway's clock, ms UTC."""
    items: tuple[Item, ...] = field(default=())
    """One for each point of a command."""
    reason: str = ""

    def body(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "id": self.id,
            "version": self.version,
            "state": self.state,
            "time": self.time,
            "items": [item.body() for item in self.items],
            "reason": self.reason[:MAX_REASON],
        }

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """The inverse of ``body``.

        :raises ProtocolError: it is none.
        """
        match dict(body):
            case {
                "id": str(name),
                "version": int(version),
                "state": str(state),
                "time": int(time),
                "items": list(items),
                "reason": str(reason),
                **rest,
            } if not rest and state in STATES and len(items) <= MAX_ITEMS and _readable(reason):
                _check_head(name, name[:4], version, time)
                return cls(name, version, state, time, tuple(Item.of(item) for item in items), reason)  # type: ignore[arg-type] # checked above
        raise ProtocolError("result: expected id, version, state, time, items and reason")


def _readable(reason: str) -> bool:
    return len(reason) <= MAX_REASON and "\0" not in reason


def _check_head(name: str, begins: str, version: int, *times: int) -> None:
    if _ID.fullmatch(name) is None or not name.startswith(begins):
        raise ProtocolError(f"id {name!r:.60}: expected cmd- or cfg- and 8 to 32 of 0-9a-z")
    if isinstance(version, bool) or not 0 <= version < _MOST:
        raise ProtocolError(f"version {version!s:.40}: expected 0 to 2^63 - 1")
    for time in times:
        if isinstance(time, bool) or not 0 <= time <= _LATEST_MS:
            raise ProtocolError(f"time {time!s:.40}: expected ms between 1970 and 9999")


def _number(value: object, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProtocolError(f"{what}: {value!r:.40} is no number")
    try:
        number = float(value)
    except OverflowError:
        raise ProtocolError(f"{what}: an integer beyond float64") from None
    if not isfinite(number):
        raise ProtocolError(f"{what}: {value!r:.40} is no finite number")
    return number
