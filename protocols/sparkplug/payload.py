"""Payloads from bytes, within bounds: Sparkplug 3.0, chapter Payloads."""

from collections.abc import Iterable
from typing import Any, Final, cast

from google.protobuf.message import DecodeError

from protocols.sparkplug.explain import first_flaw
from protocols.sparkplug.schema import CHOICES, PayloadMessage
from protocols.sparkplug.values import (
    Content,
    DataSet,
    MetaData,
    Metric,
    Parameter,
    Payload,
    Property,
    PropertySet,
    Slot,
    Template,
    Value,
)
from protocols.vocabulary.errors import FrameTooLong, ProtocolError

MAX_PAYLOAD: Final = 1 << 20
"""Bytes; protobuf makes at most 55 MB of so many."""
MAX_METRICS: Final = 20_000
"""Metrics in one payload, those in templates counted in."""
MAX_CELLS: Final = 100_000
"""Elements of tables, and properties, in one payload."""
MAX_DEPTH: Final = 8
"""Templates in templates, and property sets in property sets."""
MAX_NAME: Final = 1_024
"""Characters of the name of a metric, a column, a property, a parameter."""
MAX_TEXT: Final = 65_536
"""Characters of any other text."""

_VALUE_SLOTS: Final = frozenset(row.name for rows in CHOICES.values() for row in rows)
_NAMES: Final = frozenset({"name", "columns", "keys"})


def decode(raw: bytes) -> Payload:
    """Read a payload. Fields that Sparkplug 3.0 does not know are skipped.

    :raises ProtocolError: it is no protobuf, has nothing of a Sparkplug payload, or is over a bound; a text is no
        UTF-8; the keys and the values of a property set are not equally many, or a row of a table has not as many
        elements as there are columns.
    """
    if len(raw) > MAX_PAYLOAD:
        raise FrameTooLong(f"payload of {len(raw)} bytes: at most {MAX_PAYLOAD} are read", raw[:64])
    try:
        message = PayloadMessage.FromString(raw)
    except (DecodeError, UnicodeDecodeError) as error:
        expected = "UTF-8" if isinstance(error, UnicodeDecodeError) else "protobuf"
        said = first_flaw(raw) or f"expected {expected}: {' '.join(str(error).split())}"
        raise ProtocolError(said, raw[:64]) from None
    fields = dict(_fields(message))
    if raw and not fields:
        raise ProtocolError("no field of a Sparkplug payload in it: expected a timestamp, metrics or seq", raw[:64])
    return _Reader(raw).payload(fields)


def _fields(message: Any) -> Iterable[tuple[str, Any]]:
    """The fields that were sent. This is the door: what comes out of the library is typed below."""
    return ((descriptor.name, content) for descriptor, content in message.ListFields())


class _Reader:
    """Makes values of protobuf's messages and counts what it makes against the bounds."""

    __slots__ = ("_cells", "_metrics", "_raw")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._metrics = 0
        self._cells = 0

    def payload(self, fields: dict[str, Any]) -> Payload:
        made = {name: self._plain(name, content) for name, content in fields.items() if name != "metrics"}
        return Payload(metrics=self._several(fields.get("metrics", ()), 0), raw=self._raw, **made)

    def _several(self, messages: Any, depth: int) -> tuple[Metric, ...]:
        self._metrics += len(messages)
        if self._metrics > MAX_METRICS:
            raise self._error(f"{self._metrics} metrics: at most {MAX_METRICS} are read")
        return tuple([self._metric(message, depth) for message in messages])

    def _metric(self, message: Any, depth: int) -> Metric:
        made: dict[str, Any] = {}
        for name, content in _fields(message):
            if name in _VALUE_SLOTS:
                made["value"] = self._value(name, content, depth)
            elif name == "metadata":
                made[name] = MetaData(**{key: self._plain(key, item) for key, item in _fields(content)})
            elif name == "properties":
                made[name] = self._property_set(content, depth)
            else:
                made[name] = self._plain(name, content)
        return Metric(**made)

    def _value(self, slot: str, content: Any, depth: int) -> Value:
        read: Content
        match slot:
            case "dataset_value":
                read = self._data_set(content)
            case "template_value":
                read = self._template(content, self._deeper(depth))
            case "propertyset_value":
                read = self._property_set(content, self._deeper(depth))
            case "propertysets_value":
                deeper = self._deeper(depth)
                read = tuple(self._property_set(one, deeper) for one in content.propertyset)
            case _:
                read = self._plain(slot, content)
        return Value(cast("Slot", slot), read)

    def _choice(self, message: Any, depth: int) -> Value | None:
        """The value of a message that may have one."""
        slot = message.WhichOneof("value")
        return None if slot is None else self._value(slot, getattr(message, slot), depth)

    def _property_set(self, message: Any, depth: int) -> PropertySet:
        keys, values = message.keys, message.values
        if len(keys) != len(values):
            raise self._error(f"property set of {len(keys)} keys and {len(values)} values: expected as many")
        self._count(len(keys))
        return PropertySet(
            tuple([self._property(key, message, depth) for key, message in zip(keys, values, strict=True)])
        )

    def _property(self, key: Any, message: Any, depth: int) -> Property:
        made = {name: content for name, content in _fields(message) if name not in _VALUE_SLOTS}
        return Property(self._plain("keys", key), **made, value=self._choice(message, depth))

    def _data_set(self, message: Any) -> DataSet:
        columns = tuple([self._plain("columns", column) for column in message.columns])
        types = tuple(message.types)
        width = len(types)
        if len(columns) != width:
            raise self._error(f"table of {len(columns)} columns and {width} types: expected as many")
        told = message.num_of_columns if message.HasField("num_of_columns") else None
        if told not in (None, width):
            raise self._error(f"table: {told} columns announced, {width} found")
        rows: list[tuple[Value | None, ...]] = []
        for row in message.rows:
            if len(row.elements) != width:
                raise self._error(f"table of {width} columns: row {len(rows)} has {len(row.elements)} elements")
            self._count(width + 1)
            rows.append(tuple([self._choice(element, 0) for element in row.elements]))
        return DataSet(num_of_columns=told, columns=columns, types=types, rows=tuple(rows))

    def _template(self, message: Any, depth: int) -> Template:
        fields = dict(_fields(message))
        metrics = self._several(fields.pop("metrics", ()), depth)
        parameters = [self._parameter(one, depth) for one in fields.pop("parameters", ())]
        made = {name: self._plain(name, content) for name, content in fields.items()}
        return Template(metrics=metrics, parameters=tuple(parameters), **made)

    def _parameter(self, message: Any, depth: int) -> Parameter:
        self._count(1)
        made = {name: self._plain(name, item) for name, item in _fields(message) if name not in _VALUE_SLOTS}
        return Parameter(**made, value=self._choice(message, depth))

    def _plain(self, name: str, content: Any) -> Any:
        """A scalar; protobuf gives bytes where a text is no UTF-8."""
        if isinstance(content, str):
            bound = MAX_NAME if name in _NAMES else MAX_TEXT
            if len(content) > bound:
                raise self._error(f"{name} of {len(content)} characters: at most {bound} are read")
        elif isinstance(content, bytes) and name not in ("body", "bytes_value"):
            raise self._error(f"{name}: expected UTF-8, found {content[:40]!r}")
        return content

    def _deeper(self, depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise self._error(f"nested more than {MAX_DEPTH} deep")
        return depth + 1

    def _count(self, cells: int) -> None:
        self._cells += cells
        if self._cells > MAX_CELLS:
            raise self._error(f"more than {MAX_CELLS} elements of tables and properties")

    def _error(self, what: str) -> ProtocolError:
        return ProtocolError(what, self._raw[:64])
