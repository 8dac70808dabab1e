from dataclasses import replace

from hypothesis import strategies as st

from protocols import hj212
from protocols.hj212.describe import describe
from protocols.hj212.explain import explain
from tests.protocols.codec import Codec, Laws
from tests.protocols.golden import frames

plain = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
cp_value = st.text(st.characters(codec="utf-8", exclude_characters=";,&#/="), max_size=12)
cp_group = st.lists(st.tuples(plain, cp_value), min_size=1, max_size=4).map(tuple)
log_group = st.text(st.characters(codec="utf-8", exclude_characters="&#/"), max_size=20).map(
    lambda log: (("i11001-Info", f"//{log}//"),)
)
packets = st.builds(
    hj212.Packet,
    mn=plain,
    cn=st.integers(1000, 9999).map(str),
    st=st.sampled_from(["21", "22", "91", "A0"]),
    qn=st.none() | plain,
    pw=st.none() | plain | st.just(""),
    flag=st.none() | st.integers(0, 255),
    pnum=st.none() | st.integers(5, 9999),
    pno=st.none() | st.integers(1, 5),
    groups=st.lists(cp_group | log_group, max_size=6).map(tuple),
    extra=st.just(()) | st.just((("Vendor", "x y"),)),
)

LAWS = Laws(
    streams={
        "hj212": Codec(hj212.Decoder, hj212.encode, hj212.decode, packets, checksum_at_end=6),
        "hj212, Modbus CRC": Codec(
            lambda: hj212.Decoder("modbus"),
            hj212.encode,
            lambda raw: hj212.decode(raw, "modbus"),
            packets.map(lambda packet: replace(packet, crc="modbus")),
            checksum_at_end=6,
        ),
        "hj212, Modbus CRC swapped": Codec(
            lambda: hj212.Decoder("modbus-swapped"),
            hj212.encode,
            lambda raw: hj212.decode(raw, "modbus-swapped"),
            packets.map(lambda packet: replace(packet, crc="modbus-swapped")),
            checksum_at_end=6,
        ),
    },
    readers={
        "hj212 measurements": lambda raw: hj212.measurements(hj212.decode(raw, "either")),
        "describe hj212": lambda raw: describe(raw, "either"),
    },
    explainers={
        "hj212": explain,
        "hj212 with a key": lambda raw: explain(raw, "either", lambda blocks: blocks[::-1]),
    },
    golden=[row["frame"].encode() for row in frames("hj212", "HJ212")],
    garbage=[b"##", b"#", b"\r\n", b"##0101", b"##9999", b"&&"],
)
