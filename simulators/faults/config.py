"""``[[fault]]`` of island.toml: what goes wrong with which device, and when; strict."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from protocols.vocabulary import OBSERVED_PROPERTIES
from simulators.faults.model import FOREVER_MS, SIZED, VALUE_KINDS, WIRE_KINDS, Fault, Kind, Schedule

_EVERYTHING: Final = VALUE_KINDS - {"word_order"} | WIRE_KINDS
KINDS: Final[Mapping[str, frozenset[str]]] = {
    "modbus": _EVERYTHING,
    "modbus-rtu": _EVERYTHING - {"slow"},  # on a line that all share a late answer is somebody else's
    "hj212": _EVERYTHING | {"clock"},
    "sl651": _EVERYTHING | {"clock"},
    "coap": _EVERYTHING | {"clock"},
    "lwm2m": VALUE_KINDS - {"word_order"} | {"silence"},
    "meter": VALUE_KINDS - {"word_order", "gap"} | {"silence", "garbled", "half"},  # a meter always shows something
}
"""Section of the device -> faults that it can have; ``word_order`` besides where values are 32-bit floats."""


class Patient(BaseModel):
    """What must be known of a device to say whether a fault fits."""

    model_config = ConfigDict(frozen=True)

    section: str
    hardware: str = ""
    observed: frozenset[str] = frozenset()
    floats: bool = False
    """Its values are 32-bit floats in two registers."""


class FaultEntry(BaseModel):
    """``[[fault]]``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    device: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,48}$")]
    kind: Kind
    observed: Annotated[tuple[str, ...], Field(max_length=64)] = ()
    """Which properties; none: all of the device. Not with faults of the clock and of the wire."""
    begin: Annotated[AwareDatetime, Field(alias="from")]
    """Simulated time."""
    to: AwareDatetime | None = None
    """None: for ever."""
    every_s: Annotated[float, Field(gt=0, le=31_622_400)] | None = None
    """With it the fault is there once in so many simulated seconds, for lasts_s; else all the time from from to to."""
    lasts_s: Annotated[float, Field(gt=0, le=31_622_400)] | None = None
    size: float | None = None

    @model_validator(mode="after")
    def _meaning(self) -> Self:
        if self.kind in SIZED and self.size is None:
            raise ValueError(f"size: expected {SIZED[self.kind]}")
        if self.kind not in SIZED and self.size is not None:
            raise ValueError(f"size: a fault of kind {self.kind} has none")
        if self.kind in {"noise", "unit", "slow", "garbled"} and not (self.size or 0) > 0:
            raise ValueError("size: expected more than 0")
        if self.kind == "garbled" and (self.size or 0) > 1:
            raise ValueError("size: expected at most 1")
        if self.to is not None and self.to <= self.begin:
            raise ValueError("to: expected an instant after from")
        if (self.every_s is None) != (self.lasts_s is None):
            raise ValueError("every_s and lasts_s go together")
        if self.every_s is not None and self.lasts_s is not None and self.lasts_s > self.every_s:
            raise ValueError("lasts_s: expected at most every_s")
        if self.observed and self.kind not in VALUE_KINDS:
            raise ValueError(f"observed: a fault of kind {self.kind} is one of the whole device")
        if unknown := set(self.observed) - OBSERVED_PROPERTIES.keys():
            raise ValueError(f"observed: {min(unknown)!r} is no observed property")
        return self

    def misfits(self, patient: Patient | None) -> Iterator[tuple[str, object, str]]:
        """Why the device cannot have it: key, what was found, what is allowed."""
        if patient is None:
            yield "device", self.device, "no device of that name that can have faults"
            return
        allowed = KINDS.get(patient.section, frozenset()) | ({"word_order"} if patient.floats else frozenset())
        if self.kind not in allowed:
            yield "kind", self.kind, f"expected one of {', '.join(sorted(allowed))} for {self.device}"
        for missing in sorted(set(self.observed) - patient.observed):
            has = ", ".join(sorted(patient.observed))
            yield "observed", missing, f"{self.device} does not measure it; it measures {has}"

    def fault(self, key: str) -> Fault:
        """What stands for it on the island."""
        every_ms = None if self.every_s is None else round(self.every_s * 1000)
        end_ms = FOREVER_MS if self.to is None else _ms(self.to)
        schedule = Schedule(key, _ms(self.begin), end_ms, every_ms, round((self.lasts_s or 0) * 1000))
        return Fault(self.kind, schedule, self.size or 0.0, frozenset(self.observed))


def _ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def faults_of(entries: Iterable[FaultEntry], seed: int) -> dict[str, list[Fault]]:
    """Device -> its faults in the order of the file."""
    found: dict[str, list[Fault]] = {}
    for number, entry in enumerate(entries):
        found.setdefault(entry.device, []).append(entry.fault(f"{seed}/{entry.device}/fault/{number}"))
    return found
