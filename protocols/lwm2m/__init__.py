"""LwM2M, OMA Lightweight M2M 1.0 and 1.1: registration, TLV, resources and what they measure; over values, not CoAP."""

from protocols.lwm2m.content import Node, nodes
from protocols.lwm2m.endpoint import identities
from protocols.lwm2m.exchange import Answer, Command, Deliver, Gone, Heard, Said, Standing, Undelivered, Uplink
from protocols.lwm2m.measurement import Measurement, measurement
from protocols.lwm2m.offer import Offer
from protocols.lwm2m.path import ObjectLink, Path
from protocols.lwm2m.refusal import Refused
from protocols.lwm2m.registration import (
    Call,
    Deregistering,
    Registering,
    Registration,
    Update,
    Updating,
    read_request,
)
from protocols.lwm2m.registry import AWAKE_S, Registry
from protocols.lwm2m.resources import Resource, resource
from protocols.lwm2m.tlv import Kind, Tlv, decode, encode
from protocols.lwm2m.values import Value

__all__ = [
    "AWAKE_S",
    "Answer",
    "Call",
    "Command",
    "Deliver",
    "Deregistering",
    "Gone",
    "Heard",
    "Kind",
    "Measurement",
    "Node",
    "ObjectLink",
    "Offer",
    "Path",
    "Refused",
    "Registering",
    "Registration",
    "Registry",
    "Resource",
    "Said",
    "Standing",
    "Tlv",
    "Undelivered",
    "Update",
    "Updating",
    "Uplink",
    "Value",
    "decode",
    "encode",
    "identities",
    "measurement",
    "nodes",
    "read_request",
    "resource",
]
