from hypothesis import strategies as st

from protocols.modbus import rtu, tcp
from protocols.modbus.describe import describe_rtu, describe_tcp
from protocols.modbus.reader import decode_request, decode_response
from tests.protocols.codec import Codec, Laws
from tests.protocols.golden import frames
from tests.protocols.modbus.pdus import requests, responses

# Modbus has no start mark: garbage that looks like a header takes up to one longest frame with it
LOST = 99


def looks_like_mbap(data: bytes) -> bool:
    return data[2:4] == b"\0\0" and 2 <= int.from_bytes(data[4:6]) <= 254


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
    readers={
        "modbus request": decode_request,
        "modbus response": decode_response,
        "describe modbus-rtu": describe_rtu,
        "describe modbus-tcp": describe_tcp,
    },
    golden=[bytes.fromhex(row["frame"]) for row in frames("modbus", "MODBUS_RTU", "MODBUS_TCP")],
    garbage=[b"\x01\x03", b"\x03\xfa", b"\x00\x00\x00\x06"],
)
