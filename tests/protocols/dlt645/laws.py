from hypothesis import strategies as st

from protocols import dlt645
from protocols.dlt645.describe import describe
from protocols.dlt645.explain import explain
from protocols.dlt645.payload import divide
from tests.protocols.codec import Codec, Laws
from tests.protocols.golden import frames

addresses = st.text("0123456789", min_size=12, max_size=12) | st.sampled_from([dlt645.ANYONE, dlt645.EVERYBODY])
values = st.builds(dlt645.Frame, addresses, st.integers(0, 255), st.binary(max_size=60) | st.binary(max_size=255))
GOLDEN = [*frames("dlt645", "DLT645"), *frames("dlt645", "DLT645", file="found.json")]


def measured(raw):
    frame = dlt645.decode(raw)
    parts = divide(frame)
    return dlt645.measurements(parts.di, parts.data, parts.edition) if parts.di is not None else []


LAWS = Laws(
    streams={"dlt645": Codec(dlt645.Decoder, dlt645.encode, dlt645.decode, values, checksum_at_end=2)},
    readers={"describe dlt645": describe, "dlt645 measurements": measured},
    explainers={"explain dlt645": explain},
    golden=[bytes.fromhex(row["frame"]) for row in GOLDEN],
    garbage=[b"\x68", b"\xfe\xfe", b"\x68\x11\x11\x11\x11\x11\x11\x68\x91\xff", b"\x16", b"\x68" * 9],
)
