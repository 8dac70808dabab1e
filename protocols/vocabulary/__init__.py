"""The words of this house as types; imports the standard library only."""

from protocols.vocabulary.clock import Clock, ManualClock, SystemClock, wait_at_most
from protocols.vocabulary.errors import (
    ConfigError,
    DeviceRefused,
    FrameTooLong,
    IdentityError,
    LinkDown,
    ProtocolError,
    YingzhouError,
)
from protocols.vocabulary.event import Event
from protocols.vocabulary.identity import HardwareId, NeuronId, Point, TwinId, parse_gateway_id, series_name
from protocols.vocabulary.properties import OBSERVED_PROPERTIES, ObservedProperty, unit_of
from protocols.vocabulary.quality import Quality, Reason, reason_names, worst
from protocols.vocabulary.reading import Batch, Reading

__all__ = [
    "OBSERVED_PROPERTIES",
    "Batch",
    "Clock",
    "ConfigError",
    "DeviceRefused",
    "Event",
    "FrameTooLong",
    "HardwareId",
    "IdentityError",
    "LinkDown",
    "ManualClock",
    "NeuronId",
    "ObservedProperty",
    "Point",
    "ProtocolError",
    "Quality",
    "Reading",
    "Reason",
    "SystemClock",
    "TwinId",
    "YingzhouError",
    "parse_gateway_id",
    "reason_names",
    "series_name",
    "unit_of",
    "wait_at_most",
    "worst",
]
