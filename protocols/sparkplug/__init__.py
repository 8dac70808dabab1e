"""Sparkplug B 3.0: topics, payloads, host states, and both ends of the conversation. Needs the protobuf package."""

from protocols.sparkplug.datatypes import DataType, typed, value_of
from protocols.sparkplug.edge_node import EdgeNode, Tag
from protocols.sparkplug.host import Host
from protocols.sparkplug.outcomes import Limits, Measured, Published, Refused, StateChange
from protocols.sparkplug.payload import MAX_METRICS, MAX_PAYLOAD, decode
from protocols.sparkplug.readings import understand
from protocols.sparkplug.samples import Sample
from protocols.sparkplug.state import State, decode_state, encode_state
from protocols.sparkplug.topic import Descriptor, MessageType, StateTopic, Topic, parse_topic
from protocols.sparkplug.values import Metric, Payload, Property, PropertySet, Value
from protocols.sparkplug.writer import encode

__all__ = [
    "MAX_METRICS",
    "MAX_PAYLOAD",
    "DataType",
    "Descriptor",
    "EdgeNode",
    "Host",
    "Limits",
    "Measured",
    "MessageType",
    "Metric",
    "Payload",
    "Property",
    "PropertySet",
    "Published",
    "Refused",
    "Sample",
    "State",
    "StateChange",
    "StateTopic",
    "Tag",
    "Topic",
    "Value",
    "decode",
    "decode_state",
    "encode",
    "encode_state",
    "parse_topic",
    "typed",
    "understand",
    "value_of",
]
