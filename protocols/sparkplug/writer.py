"""Payloads to bytes: Sparkplug 3.0, chapter Payloads."""

from collections.abc import Iterable
from typing import Any, cast

from protocols.sparkplug.schema import PayloadMessage
from protocols.sparkplug.values import DataSet, MetaData, Metric, Payload, PropertySet, Template, Value


def encode(payload: Payload) -> bytes:
    """The bytes of a payload; ``raw`` is not looked at.

    :raises ValueError: a number is out of its field's range, or a text cannot be UTF-8.
    """
    message: Any = PayloadMessage()
    _put(message, payload, ("timestamp", "seq", "uuid", "body"))
    for metric in payload.metrics:
        _put_metric(message.metrics.add(), metric)
    return cast("bytes", message.SerializeToString())


def _put(message: Any, source: object, names: Iterable[str]) -> None:
    """Set the scalar fields that are there."""
    for name in names:
        content = getattr(source, name)
        if content is not None:
            setattr(message, name, content)


def _put_metric(message: Any, metric: Metric) -> None:
    _put(message, metric, ("name", "alias", "timestamp", "datatype", "is_historical", "is_transient", "is_null"))
    if metric.metadata is not None:
        message.metadata.SetInParent()
        _put(message.metadata, metric.metadata, MetaData.__dataclass_fields__)
    if metric.properties is not None:
        message.properties.SetInParent()
        _put_property_set(message.properties, metric.properties)
    _put_value(message, metric.value)


def _put_value(message: Any, value: Value | None) -> None:
    if value is None:
        return
    content = value.content
    match content:
        case DataSet():
            _put_data_set(message.dataset_value, content)
        case Template():
            _put_template(message.template_value, content)
        case PropertySet():
            message.propertyset_value.SetInParent()
            _put_property_set(message.propertyset_value, content)
        case tuple():
            message.propertysets_value.SetInParent()
            for one in content:
                _put_property_set(message.propertysets_value.propertyset.add(), one)
        case _:
            setattr(message, value.slot, content)


def _put_property_set(message: Any, properties: PropertySet) -> None:
    for one in properties.properties:
        message.keys.append(one.key)
        item = message.values.add()
        _put(item, one, ("type", "is_null"))
        _put_value(item, one.value)


def _put_data_set(message: Any, table: DataSet) -> None:
    message.SetInParent()
    _put(message, table, ("num_of_columns",))
    message.columns.extend(table.columns)
    message.types.extend(table.types)
    for row in table.rows:
        item = message.rows.add()
        for element in row:
            _put_value(item.elements.add(), element)


def _put_template(message: Any, template: Template) -> None:
    message.SetInParent()
    _put(message, template, ("version", "template_ref", "is_definition"))
    for metric in template.metrics:
        _put_metric(message.metrics.add(), metric)
    for parameter in template.parameters:
        item = message.parameters.add()
        _put(item, parameter, ("name", "type"))
        _put_value(item, parameter.value)
