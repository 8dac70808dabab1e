"""A device model's row for LwM2M: what one resource measures, where OMA's registry does not say it."""

import re
from dataclasses import dataclass
from typing import Final

from protocols.lwm2m.units import convert
from protocols.vocabulary import unit_of

_PATH: Final = re.compile(r"/[0-9]{1,5}/([0-9]{1,5}|\*)/[0-9]{1,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ResourceRow:
    """One resource; the keys are those of ``[[link.device.rows]]`` of an LwM2M link.

    :raises ValueError: the path is none, or there is no way from the unit to the observed property's.
    """

    path: str
    """``/object/instance/resource``, or ``/object/*/resource`` for all instances."""
    observed: str
    channel: str = ""
    unit: str = ""
    """UCUM; empty: the registry's, or what the device says itself in resource 5701; of what OMA does not list, ours."""
    divisor: int = 1
    """The device's number is divided by it."""
    writable: bool = False
    source: str = ""
    """Where this row is from, if not from the model's manual."""

    def __post_init__(self) -> None:
        match = _PATH.fullmatch(self.path)
        if match is None or any(int(part) > 65_534 for part in self.path[1:].split("/") if part != "*"):
            raise ValueError(f"{self.path!r}: expected /object/instance/resource, or * for all instances")
        if self.divisor < 1:
            raise ValueError(f"{self.path}: divisor {self.divisor}: expected 1 or more")
        if self.unit and convert(1.0, self.unit, self.observed) is None:
            raise ValueError(f"{self.path}: no way from {self.unit!r} to the unit of {self.observed}")
        if self.writable and self.unit and self.unit != unit_of(self.observed):
            raise ValueError(f"{self.path}: what is writable is in the property's unit, not in {self.unit!r}")

    def value(self, number: float) -> float:
        """The value in the observed property's unit; without a unit, as if the device used that one."""
        divided = number / self.divisor
        converted = convert(divided, self.unit, self.observed) if self.unit else divided
        return divided if converted is None else converted
