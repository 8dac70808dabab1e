"""DL/T 645-2007 and -1997: electricity meters on RS-485, infrared, power line carrier and radio."""

from protocols.dlt645 import requests
from protocols.dlt645.answer import Refused, check
from protocols.dlt645.exchange import Answer, Exchange
from protocols.dlt645.frame import ANYONE, EVERYBODY, MAX_FRAME, Decoder, Frame, decode, encode
from protocols.dlt645.measurement import Measurement, measurements
from protocols.dlt645.meter import Meter
from protocols.dlt645.reading import read
from protocols.dlt645.requests import Credentials

__all__ = [
    "ANYONE",
    "EVERYBODY",
    "MAX_FRAME",
    "Answer",
    "Credentials",
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
