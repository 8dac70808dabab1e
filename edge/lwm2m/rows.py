"""Which resources of a device are readings and which can be set: OMA's registry, the model's rows, configured rows."""

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from typing import Final, NamedTuple

from edge.commands.actuator import Unfit
from edge.lwm2m.config import Lwm2mRow
from protocols.lwm2m import Node, Path, Value, measurement, resource
from protocols.lwm2m.resources import Type, objects
from protocols.lwm2m.units import convert
from protocols.vocabulary import OBSERVED_PROPERTIES, Point, Quality, Reading, series_name

MAX_NUMBER: Final = 1e200
"""Beyond it nothing is measured, and scaling might leave the floating-point numbers."""
END_OF_TIME_S: Final = 253_402_300_800
_SWITCHES: Final = {3201: 5550, 3306: 5850, 3311: 5850, 3312: 5850, 3342: 5500}
"""Object -> its resource that is on or off: a number for us, though the registry has a truth value."""
_WRITABLE: Final = frozenset({(3201, 5550), (3306, 5850), (3311, 5850), (3311, 5851), (3312, 5850)})


class Row(NamedTuple):
    """One resource of one instance."""

    path: Path
    observed: str
    channel: str = ""
    unit: str = ""
    """UCUM, as configured; empty: the registry's, or what the instance's Sensor Units say."""
    scale: Fraction | None = None
    """As configured; None: the number as it is."""
    writable: bool = False
    execute: bool = False
    observe: bool = True

    @property
    def type(self) -> Type:
        """What the registry says of the resource; a float where it does not know it."""
        known = resource(self.path.object_id, self.path.resource_id or 0)
        return known.type if known else "float"

    def number(self, value: Value, sensor_units: str | None) -> float | None:
        """The value in the observed property's unit; None: it is no number, or nobody knows how to get there."""
        if isinstance(value, bool):
            value = int(value)
        if not isinstance(value, int | float) or not -MAX_NUMBER < value < MAX_NUMBER:  # nor is NaN between them
            return None
        if self.unit or self.scale is not None:
            number = float(Fraction(value) * (self.scale or 1))
            return convert(number, self.unit, self.observed) if self.unit else number
        if self.type == "boolean":
            return float(value)
        measured = measurement(self.path, value, sensor_units, self.observed)
        return measured.value if measured is not None and measured.observed is not None else None

    def setting(self, wanted: float) -> tuple[Value, float]:
        """What to write, and what the device will tell then.

        :raises Unfit: it may not be written, or not with this value.
        """
        name = series_name(self.observed, self.channel)
        if not self.writable and not self.execute:
            raise Unfit(f"{name} ({self.path}) may not be written")
        known = OBSERVED_PROPERTIES.get(self.observed)
        if known is not None and not known.low <= wanted <= known.high:
            raise Unfit(f"{name} {wanted:g} {known.unit}: expected {known.low:g} to {known.high:g}")
        raw = Fraction(repr(float(wanted))) / (self.scale or 1)
        if self.execute or self.type == "boolean":
            if raw not in ((1,) if self.execute else (0, 1)):
                raise Unfit(f"{name} {wanted:g}: the device knows on and off only")
            return bool(raw), wanted
        if self.type == "integer":
            if raw.denominator != 1:
                raise Unfit(f"{name} {wanted:g}: expected a multiple of {float(self.scale or 1):g}")
            return int(raw), wanted
        if self.type != "float":
            raise Unfit(f"{name} ({self.path}) is no number")
        return float(raw), wanted


class Rows:
    """The rows of one device: its own stand above the link's, these above its model's, and these above the registry's.

    Among rows of the same standing the one for an instance stands above the one for all.
    """

    def __init__(self, own: Iterable[Lwm2mRow], of_link: Iterable[Lwm2mRow], of_model: Iterable[Lwm2mRow] = ()) -> None:
        self._given = [
            (row.place, row)
            for rows in (of_model, of_link, own)
            for row in sorted(rows, key=lambda row: row.place[1] is not None)
        ]
        """The lowest first."""

    def configured(self) -> list[Row]:
        """Those that are given for one instance: known before the device was ever heard."""
        places = dict.fromkeys(
            Path(object_id, number, resource_id)
            for (object_id, number, resource_id), _ in self._given
            if number is not None
        )
        return [row for path in places for row in self.of(path._replace(resource_id=None)) if row.path == path]

    def of(self, instance: Path) -> list[Row]:
        """Those of an object instance."""
        object_id, number = instance.object_id or 0, instance.instance_id or 0
        found = {row.path.resource_id: row for row in _built_in(object_id, number)}
        for (of_object, of_instance, resource_id), row in self._given:
            if of_object == object_id and of_instance in (None, number):
                found[resource_id] = _configured(row, instance._replace(resource_id=resource_id), of_instance is None)
        return list(found.values())


@cache
def _built_in(object_id: int, instance_id: int) -> tuple[Row, ...]:
    model = objects().get(object_id)
    if model is None:
        return ()
    rows = []
    for number, known in model.resources.items():
        observed = "switched_on" if _SWITCHES.get(object_id) == number else known.observed
        if observed and not known.multiple:
            path = Path(object_id, instance_id, number)
            writable = (object_id, number) in _WRITABLE
            rows.append(Row(path, observed, _channel(known.channel, instance_id), writable=writable))
    return tuple(rows)


def _configured(row: Lwm2mRow, path: Path, is_for_all: bool) -> Row:
    scaled = row.factor != 1 or row.divisor != 1
    scale = Fraction(repr(row.factor)) / Fraction(repr(row.divisor)) if scaled else None
    channel = _channel(row.channel, path.instance_id or 0) if is_for_all else row.channel
    return Row(path, row.observed, channel, row.unit, scale, row.writable, row.execute, row.observe)


def _channel(channel: str, instance_id: int) -> str:
    """Instance 0 has the bare property; another one its number, behind the channel that the resource has by itself."""
    return ".".join(part for part in (channel, str(instance_id) if instance_id else "") if part)


def readings(
    nodes: Iterable[Node], rows: dict[Path, Row], units: dict[Path, str], source: str, now_ms: int
) -> tuple[list[Reading], Counter[str]]:
    """What nodes say that have a row; and by kind, how many of these cannot be readings.

    :param units: instance -> what its Sensor Units say.
    """
    found, refused = [], Counter[str]()
    nodes = list(nodes)
    stamps = {node.path[:2]: node.value for node in nodes if node.path.resource_id == TIMESTAMP}
    for node in nodes:
        row = rows.get(node.path._replace(resource_instance_id=None))
        if row is None:
            continue
        number = row.number(node.value, units.get(Path(*node.path[:2])))
        if number is None:
            refused["unit" if isinstance(node.value, int | float) else "not_a_number"] += 1
            continue
        time = _time(node, stamps.get(node.path[:2]), now_ms)
        found.append(Reading(Point(source, row.observed, row.channel), time, number, Quality.NOT_EVALUATED))
    return found, refused


TIMESTAMP: Final = 5518
"""Of the newest measurement of its instance, seconds since 1970."""


def _time(node: Node, stamp: Value | None, now_ms: int) -> int:
    if node.time_s is not None:
        return round(node.time_s * 1000) if node.time_s > 0 else now_ms + round(node.time_s * 1000)
    is_stamp = isinstance(stamp, int) and not isinstance(stamp, bool) and 0 < stamp < END_OF_TIME_S
    return int(stamp) * 1000 if is_stamp else now_ms  # type: ignore[arg-type]  # an integer, as was asked
