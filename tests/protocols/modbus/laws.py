from hypothesis import strategies as st

from protocols.modbus import rtu, tcp
from protocols.modbus.describe import describe_rtu, describe_tcp
from protocols.modbus.explain import explain_rtu, explain_tcp
from protocols.modbus.reader import decode_request, decode_response
from tests.protocols.codec import Codec, Laws
from tests.protocols.golden import frames
from tests.protocols.modbus.pdus import requests, responses

# Modbus has no start mark: garbage that looks like a header takes up to one longest frame with it
LOST = 99


def looks_like_mbap(data: bytes) -> bool:
    return data[2:4] == b"\0\0" and 2 <= int.from_bytes(data[4:6]) <= 254


OF_EVERY_FUNCTION = [
    rtu.seal(bytes([1]) + bytes.fromhex(pdu))
    for pdu in (
        "07", "076D", "0800000102", "0B", "0BFFFF0108", "0C", "0C080000010801212000", "11", "110541424300FF",
        "140E0600040001000206000300090002", "140C0506 0DFE0020 0506 33CD0040", "150D06000400070003 06AF04BE100D",
        "1804DE", "1800060002 01B8 1284", "2B0E0100", "2B0E01010000 03 0003414243 0102 4445 0200", "2B0D0102",
        "0F0013000A02CD01", "1000010002 04000A0102", "17 0003 0006 000E 0003 06 00FF00FF00FF", "16000400F20025",
        "0105CD6BB20E1B",
    )
]  # fmt: skip
"""The standard's examples, mostly: what the broken frames of the laws are made from."""

LAWS = Laws(
    streams={
        "modbus-rtu requests": Codec(
            lambda: rtu.Decoder("request"),
            rtu.encode,
            lambda raw: rtu.decode(raw, "request"),
            st.builds(rtu.Adu, st.integers(0, 255), requests(other=False)),
            LOST,
            checksum_at_end=2,
        ),
        "modbus-rtu responses": Codec(
            lambda: rtu.Decoder("response"),
            rtu.encode,
            lambda raw: rtu.decode(raw, "response"),
            st.builds(rtu.Adu, st.integers(0, 255), responses(other=False)),
            LOST,
            checksum_at_end=2,
        ),
        "modbus-tcp requests": Codec(
            lambda: tcp.Decoder("request"),
            tcp.encode,
            lambda raw: tcp.decode(raw, "request"),
            st.builds(tcp.Adu, st.integers(0, 65_535), st.integers(0, 255), requests()),
            begins=looks_like_mbap,
        ),
        "modbus-tcp responses": Codec(
            lambda: tcp.Decoder("response"),
            tcp.encode,
            lambda raw: tcp.decode(raw, "response"),
            st.builds(tcp.Adu, st.integers(0, 65_535), st.integers(0, 255), responses()),
            begins=looks_like_mbap,
        ),
    },
    explainers={
        "modbus-rtu": explain_rtu,
        "modbus-rtu requests": lambda raw: explain_rtu(raw, "request"),
        "modbus-rtu responses": lambda raw: explain_rtu(raw, "response", 500),
        "modbus-tcp": explain_tcp,
        "modbus-tcp responses": lambda raw: explain_tcp(raw, "response", 500),
    },
    readers={
        "modbus request": decode_request,
        "modbus response": decode_response,
        "describe modbus-rtu": describe_rtu,
        "describe modbus-tcp": describe_tcp,
    },
    golden=[
        *OF_EVERY_FUNCTION,
        *(bytes.fromhex(row["frame"]) for row in frames("modbus", "MODBUS_RTU", "MODBUS_TCP")),
    ],
    garbage=[b"\x01\x03", b"\x03\xfa", b"\x00\x00\x00\x06"],
)
