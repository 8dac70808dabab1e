"""CJ/T 188-2004 and -2018: water, heat and gas meters on M-Bus, RS-485 and radio."""

from protocols.cjt188 import requests
from protocols.cjt188.answer import Refused, check
from protocols.cjt188.exchange import Answer, Exchange
from protocols.cjt188.frame import ANY_TYPE, ANYONE, EVERYBODY, MAX_FRAME, Decoder, Frame, decode, encode
from protocols.cjt188.measurement import Measurement, measurements
from protocols.cjt188.meter import Meter
from protocols.cjt188.reading import read

__all__ = [
    "ANYONE",
    "ANY_TYPE",
    "EVERYBODY",
    "MAX_FRAME",
    "Answer",
    "Decoder",
    "Exchange",
    "Frame",
    "Measurement",
    "Meter",
    "Refused",
    "check",
    "decode",
    "encode",
    "measurements",
    "read",
    "requests",
]
