"""Metrics that were understood: each with its name, its datatype and its value, whether it came by name or by alias."""

from collections.abc import Iterator
from typing import Final, NamedTuple, Self

from protocols.sparkplug.datatypes import INTEGERS, UNMISTAKABLE, DataType, Typed, typed
from protocols.sparkplug.topic import Descriptor
from protocols.sparkplug.values import Metric, PropertySet, Template
from protocols.vocabulary.errors import ProtocolError

BD_SEQ: Final = "bdSeq"
NODE_CONTROL: Final = "Node Control/"
REBIRTH: Final = "Node Control/Rebirth"
_QUALITY: Final = "Quality"
_UNIT: Final = "engUnit"


class Definition(NamedTuple):
    """What a birth says about a metric; what a metric that stands alone says about itself."""

    name: str
    datatype: int | None = None
    properties: PropertySet | None = None

    @classmethod
    def of(cls, metric: Metric) -> Self:
        """From a metric that has its name."""
        return cls(metric.name or "", metric.datatype, metric.properties)


class Sample(NamedTuple):
    """One value of one metric."""

    source: Descriptor
    name: str
    """As in the birth; a member of a template has the template's name before it: ``Pump 1/Flow``."""
    datatype: int | None
    value: Typed | None
    """None: null, or not sent."""
    time: int | None
    """UTC ms since 1970: the metric's, else its payload's; None when neither has one. 0 is what was sent."""
    is_null: bool
    historical: bool
    """It was stored by the sender and is no live value."""
    transient: bool
    """The sender asks that it is not stored."""
    quality: int | None
    """The property ``Quality``: 192 good, 0 bad, 500 stale; None when it was not sent."""
    unit: str | None
    """The property ``engUnit``, which is Ignition's habit and no standard."""


def samples(source: Descriptor, definition: Definition, metric: Metric, sent: int | None) -> Iterator[Sample]:
    """What a metric says: itself, or the members of the template that it is an instance of.

    A template's definition says nothing about the world and gives no sample.

    :param definition: its datatype and its unit count where the metric does not bring its own.
    :param sent: the payload's timestamp.
    :raises ProtocolError: the value does not fit the datatype, or a member has no name.
    """
    time = metric.timestamp if metric.timestamp is not None else sent
    datatype = metric.datatype if metric.datatype is not None else definition.datatype
    value = None if metric.is_null else typed(metric.value, datatype)
    if isinstance(value, Template):
        if not value.is_definition:
            yield from _members(source, definition.name, value, metric, time)
        return
    yield Sample(
        source,
        definition.name,
        datatype,
        value,
        time,
        is_null=value is None,
        historical=bool(metric.is_historical),
        transient=bool(metric.is_transient),
        quality=_quality(metric.properties),
        unit=_unit(metric.properties) or _unit(definition.properties),
    )


def stands_alone(metric: Metric) -> bool:
    """Whether a metric can be understood without a birth: it has its name, and its value means one thing only."""
    if metric.name is None:
        return False
    return metric.datatype is not None or metric.value is None or metric.value.slot in UNMISTAKABLE


def integer_of(metric: Metric) -> int | None:
    """The value of a metric that is a count, such as bdSeq; None when it is none."""
    datatype = metric.datatype if metric.datatype in INTEGERS else DataType.UInt64
    try:
        value = typed(metric.value, datatype)
    except ProtocolError:
        return None
    return value if isinstance(value, int) else None


def _members(source: Descriptor, name: str, template: Template, metric: Metric, time: int | None) -> Iterator[Sample]:
    for member in template.metrics:
        if member.name is None:
            raise ProtocolError(f"template {name!r:.80}: a member without a name")
        for one in samples(source, Definition(f"{name}/{member.name}"), member, time):
            yield one._replace(
                historical=one.historical or bool(metric.is_historical),
                transient=one.transient or bool(metric.is_transient),
                quality=one.quality if one.quality is not None else _quality(metric.properties),
            )


def _quality(properties: PropertySet | None) -> int | None:
    one = properties.get(_QUALITY) if properties else None
    if one is None or one.value is None:
        return None
    try:
        value = typed(one.value, one.type)
    except ProtocolError:
        return None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _unit(properties: PropertySet | None) -> str | None:
    one = properties.get(_UNIT) if properties else None
    return one.value.content if one and one.value and isinstance(one.value.content, str) else None
