"""What may be only once on an island, and faults that their devices cannot have: each at its own place of the file."""

from collections.abc import Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from protocols.vocabulary.config_file import Fault
from simulators.faults.patients import patients

if TYPE_CHECKING:
    from simulators.config import IslandConfig

_Keys = tuple[str | int, ...]
_DEVICES: Final = ("hj212", "sl651", "coap", "lwm2m", "camera")
_LINES: Final = (("modbus", "unit"), ("modbus_line", "unit"), ("meter_line", "meter"))


_UNIQUE: Final = {
    "name": "name",
    "hardware": "hardware",
    "mn": "MN",
    "station": "SL 651 station",
    "endpoint": "endpoint",
    "address": "meter address",
}
"""Key of a device -> what it is called."""


class _Claim(NamedTuple):
    what: str
    value: Hashable
    keys: _Keys


def doubles(island: "IslandConfig") -> Iterator[Fault]:
    """Names, addresses, endpoints and ports that somebody earlier in the file has already."""
    first: dict[tuple[str, Hashable], _Claim] = {}
    for claim in _claims(island):
        known = first.setdefault((claim.what, claim.value), claim)
        if known is not claim:
            yield Fault(claim.keys, claim.value, f"this {claim.what} is given twice", known.keys)


def misfits(island: "IslandConfig") -> Iterator[Fault]:
    """Entries of ``[[fault]]`` whose devices are not there, or cannot have them."""
    known = patients(island) if island.fault else {}
    for number, entry in enumerate(island.fault):
        for key, found, allowed in entry.misfits(known.get(entry.device)):
            yield Fault(("fault", number, key), found, allowed)


def _claims(island: "IslandConfig") -> Iterator[_Claim]:
    for section, inner in _LINES:
        for number, line in enumerate(getattr(island, section)):
            if line.port:
                yield _Claim("port", f"{line.host}:{line.port}", (section, number, "port"))
            yield from _of((section, number, inner), getattr(line, inner), f"{section} {number}")
    for number, camera in enumerate(island.camera):
        yield _Claim("port", f"{camera.host}:{camera.port}", ("camera", number, "port"))
    for section in _DEVICES:
        yield from _of((section,), getattr(island, section))


def _of(where: _Keys, devices: Iterable[object], line: str = "") -> Iterator[_Claim]:
    """Of what a device has, whatever others may not have."""
    for number, device in enumerate(devices):
        for key, what in _UNIQUE.items():
            value = getattr(device, key, None)
            if value is not None:
                yield _Claim(what, value, (*where, number, key))
        if (unit := getattr(device, "unit", None)) is not None:
            yield _Claim(f"unit of {line}", unit, (*where, number, "unit"))
