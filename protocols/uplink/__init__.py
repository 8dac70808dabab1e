"""The uplink envelope between gateway and cloud, version 1; described byte by byte in docs/uplink.md."""

from protocols.uplink.ack import Ack, HeldRanges
from protocols.uplink.body import BodyEncoder
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

__all__ = [
    "FLAG_CLOCK_UNSYNCED",
    "FLAG_LATE",
    "MAX_ENVELOPE",
    "MAX_READINGS",
    "Ack",
    "BodyEncoder",
    "Header",
    "HeldRanges",
    "Stream",
    "expand",
    "read_header",
    "sign",
    "unsigned",
    "verify",
]
