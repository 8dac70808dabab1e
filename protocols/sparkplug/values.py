"""A payload and what is in it, as values: Sparkplug 3.0, chapter Payloads.

Absent fields are None, so that what was not sent is not taken for false or zero. A metric's value is kept as it
travelled, a wire field and its content; :func:`protocols.sparkplug.datatypes.typed` says what it means, which in DATA
messages nobody knows before the birth was looked up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Union

Slot = Literal[
    "int_value",
    "long_value",
    "float_value",
    "double_value",
    "boolean_value",
    "string_value",
    "bytes_value",
    "dataset_value",
    "template_value",
    "propertyset_value",
    "propertysets_value",
]

Content = Union[int, float, bool, str, bytes, "DataSet", "Template", "PropertySet", tuple["PropertySet", ...]]


class Value(NamedTuple):
    """A value as it travels."""

    slot: Slot
    """The name of its field."""
    content: Content


class Property(NamedTuple):
    """One property of a metric, such as ``Quality`` or ``engUnit``."""

    key: str
    type: int | None = None
    """A datatype."""
    is_null: bool | None = None
    value: Value | None = None


class PropertySet(NamedTuple):
    """Properties in the order in which they came; the wire has their keys and their values in two lists."""

    properties: tuple[Property, ...] = ()

    def get(self, key: str) -> Property | None:
        """The first one of that key."""
        return next((one for one in self.properties if one.key == key), None)


class Parameter(NamedTuple):
    """A parameter of a template."""

    name: str | None = None
    type: int | None = None
    value: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaData:
    """What is said about a binary value."""

    is_multi_part: bool | None = None
    content_type: str | None = None
    size: int | None = None
    seq: int | None = None
    file_name: str | None = None
    file_type: str | None = None
    md5: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A table: as many columns as types, and as many elements in each row."""

    num_of_columns: int | None = None
    columns: tuple[str, ...] = ()
    types: tuple[int, ...] = ()
    rows: tuple[tuple[Value | None, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A structure of metrics: its definition, or an instance with values."""

    version: str | None = None
    metrics: tuple["Metric", ...] = ()
    parameters: tuple[Parameter, ...] = ()
    template_ref: str | None = None
    is_definition: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric of a payload."""

    name: str | None = None
    alias: int | None = None
    timestamp: int | None = None
    """When the value was taken: UTC, ms since 1970."""
    datatype: int | None = None
    """One of :class:`protocols.sparkplug.datatypes.DataType`, or an unlisted one; None in many DATA messages."""
    is_historical: bool | None = None
    is_transient: bool | None = None
    is_null: bool | None = None
    metadata: MetaData | None = None
    properties: PropertySet | None = None
    value: Value | None = None

    @property
    def label(self) -> str:
        """How to call it in a message: by its name, else by its alias."""
        return repr(self.name)[:80] if self.name is not None else f"alias {self.alias}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What one message carries."""

    timestamp: int | None = None
    """When it was sent: UTC, ms since 1970."""
    metrics: tuple[Metric, ...] = ()
    seq: int | None = None
    """0..255 by the standard; None in NDEATH and in commands."""
    uuid: str | None = None
    body: bytes | None = None
    raw: bytes = field(default=b"", compare=False, repr=False)

    def named(self, name: str) -> Iterator[Metric]:
        """The metrics of that name."""
        return (metric for metric in self.metrics if metric.name == name)
