"""HJ 212-2017 (and its 2005 and 2025 relatives): how pollution-source stations talk to a data centre."""

from protocols.hj212.answers import acknowledge, answer_request, execution_result
from protocols.hj212.body import Address, Body
from protocols.hj212.commands import Command, ExeRtn, QnRtn
from protocols.hj212.content import Group
from protocols.hj212.data_centre import DataCentre
from protocols.hj212.decoder import Decoder
from protocols.hj212.frame import MAX_FRAME, MAX_SEGMENT, CrcMode, CrcRule
from protocols.hj212.measurement import Measurement, data_time, measurements, quality_of
from protocols.hj212.packet import Packet, Version, decode, encode
from protocols.hj212.parts import Joiner, Message, Torn, split
from protocols.hj212.station import Station
from protocols.hj212.times import local_stamp, qn_of, utc_ms

__all__ = [
    "MAX_FRAME",
    "MAX_SEGMENT",
    "Address",
    "Body",
    "Command",
    "CrcMode",
    "CrcRule",
    "DataCentre",
    "Decoder",
    "ExeRtn",
    "Group",
    "Joiner",
    "Measurement",
    "Message",
    "Packet",
    "QnRtn",
    "Station",
    "Torn",
    "Version",
    "acknowledge",
    "answer_request",
    "data_time",
    "decode",
    "encode",
    "execution_result",
    "local_stamp",
    "measurements",
    "qn_of",
    "quality_of",
    "split",
    "utc_ms",
]
