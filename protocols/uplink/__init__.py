"""The uplink envelope between gateway and cloud, version 1; described byte by byte in docs/uplink.md."""

from protocols.uplink.ack import Ack, HeldRanges
from protocols.uplink.body import BodyEncoder
from protocols.uplink.command import Command, Configuration, Item, Result, State
from protocols.uplink.envelope import (
    FLAG_CLOCK_UNSYNCED,
    FLAG_LATE,
    MAX_ENVELOPE,
    MAX_READINGS,
    Header,
    Stream,
    expand,
    read_header,
    sign,
    unsigned,
    verify,
)
from protocols.uplink.events import MAX_EVENTS, decode_events, encode_events
from protocols.uplink.resend import Resend
from protocols.uplink.signed import Kind, Signed
from protocols.uplink.told_time import ToldTime

__all__ = [
    "FLAG_CLOCK_UNSYNCED",
    "FLAG_LATE",
    "MAX_ENVELOPE",
    "MAX_EVENTS",
    "MAX_READINGS",
    "Ack",
    "BodyEncoder",
    "Command",
    "Configuration",
    "Header",
    "HeldRanges",
    "Item",
    "Kind",
    "Resend",
    "Result",
    "Signed",
    "State",
    "Stream",
    "ToldTime",
    "decode_events",
    "encode_events",
    "expand",
    "read_header",
    "sign",
    "unsigned",
    "verify",
]
