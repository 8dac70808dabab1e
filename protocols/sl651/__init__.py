"""SL 651-2014: how hydrological telemetry stations talk to a centre."""

from protocols.sl651.body import Body, compose, items_of, read_body
from protocols.sl651.centre import Centre, CentreTimes
from protocols.sl651.control import Direction, End, Mode, Start
from protocols.sl651.conversation import (
    Asked,
    Confirmed,
    Delivered,
    GaveUp,
    Ignored,
    Incomplete,
    KeptAlive,
    Left,
    Unanswered,
)
from protocols.sl651.decoder import Decoder
from protocols.sl651.frame import MAX_FRAME, Frame, Packet, decode, encode
from protocols.sl651.joiner import Again, Gap, Joined, Joiner
from protocols.sl651.measurements import Lists, Measurement, measurements
from protocols.sl651.messages import Command, Line, acknowledgement, packets
from protocols.sl651.station import Station, StationTimes

__all__ = [
    "MAX_FRAME",
    "Again",
    "Asked",
    "Body",
    "Centre",
    "CentreTimes",
    "Command",
    "Confirmed",
    "Decoder",
    "Delivered",
    "Direction",
    "End",
    "Frame",
    "Gap",
    "GaveUp",
    "Ignored",
    "Incomplete",
    "Joined",
    "Joiner",
    "KeptAlive",
    "Left",
    "Line",
    "Lists",
    "Measurement",
    "Mode",
    "Packet",
    "Start",
    "Station",
    "StationTimes",
    "Unanswered",
    "acknowledgement",
    "compose",
    "decode",
    "encode",
    "items_of",
    "measurements",
    "packets",
    "read_body",
]
