"""A payload as a table for people and scripts: ``yingzhou decode sparkplug``."""

from math import isfinite
from typing import Any, Final

from protocols.sparkplug.datatypes import name_of, typed
from protocols.sparkplug.payload import decode
from protocols.sparkplug.state import STATE_STARTS, decode_state
from protocols.sparkplug.topic import StateTopic, Topic, parse_topic
from protocols.sparkplug.values import DataSet, MetaData, Metric, Payload, PropertySet, Template, Value
from protocols.vocabulary.errors import ProtocolError

_MANY: Final = 20
"""With more metrics than that the first three and the last one are told again, by themselves."""
_PLAIN: Final = ("name", "alias", "timestamp", "datatype", "is_historical", "is_transient", "is_null")


def describe(raw: bytes, topic: str | None = None) -> dict[str, Any]:
    """All that a payload says; ``metrics`` as they travelled, ``values`` as their datatypes mean them.

    A host's STATE is told when the topic says so, or when the bytes can be nothing else. Without a topic nobody knows
    what type of message a payload came in: it is guessed then, and ``message_type_from`` says so.

    :raises ProtocolError: the topic or the payload is malformed.
    """
    parsed = None if topic is None else parse_topic(topic)
    if isinstance(parsed, StateTopic) or (parsed is None and raw.startswith(STATE_STARTS)):
        return _state(raw, parsed)
    payload = decode(raw)
    told: dict[str, Any] = {}
    if parsed is None:
        told |= {"message_type": guessed_type(payload), "message_type_from": "a guess: the topic would say it"}
    else:
        told |= {"message_type": parsed.type.value, "message_type_from": "topic"} | _source(parsed)
    told |= _present(payload, ("timestamp", "seq", "uuid"))
    if payload.body is not None:
        told["body"] = payload.body.hex()
    metrics = [_metric(metric) for metric in payload.metrics]
    told["metric_count"] = len(metrics)
    told["metrics"] = metrics
    if len(metrics) > _MANY:
        told |= {"first": metrics[:3], "last": metrics[-1]}
    return told | {"values": [_typed_metric(metric) for metric in payload.metrics]}


def guessed_type(payload: Payload) -> str:
    """Which type of message looks so. What an edge node and a device have in common is told as an edge node's."""
    names = {metric.name for metric in payload.metrics}
    if "bdSeq" in names:
        return "NDEATH" if len(payload.metrics) == 1 else "NBIRTH"
    if payload.seq is None:
        return "NCMD"
    if not payload.metrics:
        return "DDEATH"
    whole = all(metric.name is not None and metric.alias is not None for metric in payload.metrics)
    return "DBIRTH" if whole else "NDATA"


def _state(raw: bytes, topic: StateTopic | None) -> dict[str, Any]:
    state = decode_state(raw)
    told: dict[str, Any] = {"message_type": "STATE"}
    if topic is not None:
        told["host"] = topic.host
    told |= {"version": "2.2" if state.timestamp is None else "3.0", "online": state.online}
    return told if state.timestamp is None else told | {"timestamp": state.timestamp}


def _source(topic: Topic) -> dict[str, Any]:
    source = topic.source
    told = {"group": source.group, "edge_node": source.edge}
    return told | {"device": source.device} if source.device else told


def _present(source: object, names: tuple[str, ...]) -> dict[str, Any]:
    pairs = ((name, getattr(source, name)) for name in names)
    return {name: content for name, content in pairs if content is not None}


def _metric(metric: Metric) -> dict[str, Any]:
    told = _present(metric, _PLAIN)
    if metric.metadata is not None:
        told["metadata"] = _present(metric.metadata, tuple(MetaData.__dataclass_fields__))
    if metric.properties is not None:
        told["properties"] = _property_set(metric.properties)
    return told | _value(metric.value)


def _value(value: Value | None) -> dict[str, Any]:
    return {} if value is None else {value.slot: _content(value.content)}


def _content(content: object) -> Any:
    match content:
        case bytes():
            return content.hex()
        case float():
            return content if isfinite(content) else str(content)
        case DataSet():
            return _present(content, ("num_of_columns",)) | {
                "columns": list(content.columns),
                "types": list(content.types),
                "rows": [[_value(element) for element in row] for row in content.rows],
            }
        case Template():
            return _template(content)
        case PropertySet():
            return _property_set(content)
        case _:
            return [_content(item) for item in content] if isinstance(content, tuple) else content


def _template(template: Template) -> dict[str, Any]:
    return _present(template, ("version", "template_ref", "is_definition")) | {
        "metrics": [_metric(metric) for metric in template.metrics],
        "parameters": [_present(one, ("name", "type")) | _value(one.value) for one in template.parameters],
    }


def _property_set(properties: PropertySet) -> dict[str, Any]:
    return {
        "keys": [one.key for one in properties.properties],
        "values": [_present(one, ("type", "is_null")) | _value(one.value) for one in properties.properties],
    }


def _typed_metric(metric: Metric) -> dict[str, Any]:
    """What a metric means, as far as it can be told without the birth."""
    told = _present(metric, ("name", "alias")) | {"type": name_of(metric.datatype)}
    try:
        meant = None if metric.is_null else _meant(typed(metric.value, metric.datatype))
    except ProtocolError as error:
        return told | {"error": str(error)}
    return told | {"value": meant} | _properties(metric.properties)


def _meant(meant: object) -> Any:
    match meant:
        case DataSet():
            return [
                {
                    name: _content(_or_as_sent(element, kind))
                    for name, kind, element in zip(meant.columns, meant.types, row, strict=True)
                }
                for row in meant.rows
            ]
        case Template():
            return {
                member.label if member.name is None else member.name: _typed_metric(member).get("value")
                for member in meant.metrics
            }
        case _:
            return _content(meant)


def _properties(properties: PropertySet | None) -> dict[str, Any]:
    if properties is None:
        return {}
    told = {
        one.key: None if one.is_null else _content(_or_as_sent(one.value, one.type)) for one in properties.properties
    }
    return {"properties": told}


def _or_as_sent(value: Value | None, datatype: int | None) -> object:
    """What it means, or its content where the datatype does not fit it."""
    try:
        return typed(value, datatype)
    except ProtocolError:
        return None if value is None else value.content
