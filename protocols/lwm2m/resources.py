"""Objects and resources by number: OMA's registry of objects (LwM2M, IPSO, uCIFI) as far as a city meets them.

The rows are in resources.tsv: object, resource, name, type, S(ingle) or M(ultiple), M(andatory) or O(ptional), unit
(UCUM), observed property and channel; a row without a resource names the object. Numbers, types and units are those
of the registry, except for the units of IPSO's sensor value 5700 and its bounds: the registry leaves them to the
device's resource 5701 (Sensor Units), and here stands what such an object has by custom when it tells none. Objects 65
and 66 are those of the TLV examples in LwM2M 1.0.
"""

from functools import cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple, cast

Type = Literal["string", "integer", "float", "boolean", "opaque", "time", "objlnk"]

REUSABLE: Final = 2_048
"""From here on a resource's number means the same in every object."""
SENSOR_UNITS: Final = 5_701


class Resource(NamedTuple):
    """What the registry says about one resource."""

    object_id: int
    resource_id: int
    name: str
    type: Type
    multiple: bool
    mandatory: bool
    unit: str
    """UCUM; empty when it has none, or when only the device knows."""
    observed: str
    """A property of protocols.vocabulary.properties that the value can become; empty when none fits."""
    channel: str
    """Which one of several in the same object, as the phase of a meter."""


class ObjectModel(NamedTuple):
    """One object."""

    object_id: int
    name: str
    resources: dict[int, Resource]

    @property
    def mandatory(self) -> frozenset[int]:
        """The resources that each instance has."""
        return frozenset(number for number, resource in self.resources.items() if resource.mandatory)


@cache
def objects() -> dict[int, ObjectModel]:
    """All objects of the table, by number."""
    found: dict[int, ObjectModel] = {}
    for line in (files(__package__) / "resources.tsv").read_text("utf-8").splitlines():
        cells = line.split("\t")
        object_id = int(cells[0])
        if not cells[1]:
            found[object_id] = ObjectModel(object_id, cells[2], {})
            continue
        row = _resource(object_id, cells)
        found[object_id].resources[row.resource_id] = row
    return found


def _resource(object_id: int, cells: list[str]) -> Resource:
    unit, measured = [*cells[6:], "", ""][:2]
    observed, _, channel = measured.partition("/")
    kind = cast("Type", cells[3])
    return Resource(object_id, int(cells[1]), cells[2], kind, cells[4] == "M", cells[5] == "M", unit, observed, channel)


@cache
def _reusable() -> dict[int, Resource]:
    """Resources by number alone, where all objects of the table agree about type and multiplicity."""
    rows: dict[int, list[Resource]] = {}
    for model in objects().values():
        for number, row in model.resources.items():
            if number >= REUSABLE:
                rows.setdefault(number, []).append(row)
    return {
        number: found[0]._replace(object_id=-1, mandatory=False, unit="", observed="", channel="")
        for number, found in rows.items()
        if len({(row.type, row.multiple) for row in found}) == 1
    }


def resource(object_id: int | None, resource_id: int) -> Resource | None:
    """What is known of a resource; of a reusable one also in an object that is not in the table, or not known.

    ``object_id`` of the answer is -1 when only the number of the resource was recognised.
    """
    model = objects().get(object_id) if object_id is not None else None
    if model is not None and resource_id in model.resources:
        return model.resources[resource_id]
    return _reusable().get(resource_id)
