from hypothesis import strategies as st

from protocols import cjt188
from protocols.cjt188.describe import describe
from protocols.cjt188.explain import explain
from protocols.cjt188.payload import divide
from tests.protocols.codec import Codec, Laws
from tests.protocols.golden import frames

addresses = st.text("0123456789", min_size=14, max_size=14) | st.sampled_from([cjt188.ANYONE, cjt188.EVERYBODY])
values = st.builds(
    cjt188.Frame,
    st.sampled_from([0x10, 0x20, 0x25, 0x30, 0x40, 0xAA]) | st.integers(0, 255),
    addresses,
    st.integers(0, 255),
    st.binary(max_size=60) | st.binary(max_size=255),
)
GOLDEN = [*frames("cjt188", "CJT188"), *frames("cjt188", "CJT188", file="found.json")]


def measured(raw):
    frame = cjt188.decode(raw)
    parts = divide(frame)
    return cjt188.measurements(frame.meter_type, parts.di, parts.data) if parts.di is not None else []


LAWS = Laws(
    streams={"cjt188": Codec(cjt188.Decoder, cjt188.encode, cjt188.decode, values, checksum_at_end=2)},
    readers={"describe cjt188": describe, "cjt188 measurements": measured},
    explainers={"explain cjt188": explain},
    golden=[bytes.fromhex(row["frame"]) for row in GOLDEN],
    garbage=[b"\x68", b"\xfe\xfe", b"\x68\x10\x11\x11\x11\x11\x11\x11\x11\x81\xff", b"\x16", b"\x68" * 9],
)
