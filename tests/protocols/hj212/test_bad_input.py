"""What comes in the field and from those who mean no good: shared list of nasty inputs, where no other test has it."""

import pytest

from protocols.hj212 import Decoder, Packet, decode, encode, measurements
from protocols.hj212.frame import seal
from protocols.hj212.parts import Joiner
from protocols.vocabulary import FrameTooLong, ProtocolError, Quality

HEAD = "QN=20160801085857223;ST=32;CN=2051;PW=123456;MN=010000A8900016F000169DC0;Flag=5"


def segment(content: str, head: str = HEAD) -> bytes:
    return f"{head};CP=&&{content}&&".encode()


@pytest.mark.parametrize(
    ("reason", "raw"),
    [
        ("empty", b""),
        ("one byte", b"#"),
        ("all zeros", b"\x00" * 200),
        ("all ones", b"\xff" * 200),
        ("length in hexadecimal", b"##00A0" + b"x" * 160 + b"0000"),
        ("length with a sign", b"##+100" + b"x" * 100 + b"0000"),
        ("length too small", b"##0010" + segment("a=1") + b"0000"),
        ("length 0", b"##0000FFFF"),
        ("no CRC", seal(segment("a=1"))[:-6]),
        ("half a CRC", seal(segment("a=1"))[:-4]),
        ("CRC in decimal", seal(segment("a=1"))[:-6] + b"12345"),
        ("nested &&", seal(segment("a=&&b=1&&"))),
        ("unclosed", seal(segment("a=1")[:-2])),
        ("GBK", seal(f"{HEAD};CP=&&i11001-Info=//清洗//&&".encode("gbk"))),
        ("overlong UTF-8", seal(HEAD.encode() + b";CP=&&a=\xc0\xaf&&")),
        ("lone surrogate", seal(HEAD.encode() + b";CP=&&a=\xed\xa0\x80&&")),
        ("PNO above PNUM", seal(segment("a=1", HEAD + ";PNUM=2;PNO=3"))),
        ("PNUM 0", seal(segment("a=1", HEAD + ";PNUM=0;PNO=0"))),
        ("PNUM 10000", seal(segment("a=1", HEAD + ";PNUM=10000;PNO=1"))),
        ("other site's MN behind", seal(segment("a=1", HEAD + ";MN=B"))),
        ("NUL in the header", seal(segment("a=1", HEAD + ";X=\0"))),
        ("LF in the header", seal(segment("a=1", HEAD + ";X=\n"))),
        ("two packets glued", seal(segment("a=1")) * 2),
        ("rubbish behind", seal(segment("a=1")) + b"x"),
        ("rubbish in front", b"x" + seal(segment("a=1"))),
    ],
)
def test_refused(reason, raw):
    with pytest.raises(ProtocolError) as refusal:
        decode(raw)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


def test_the_longest_announcement_is_refused_before_it_is_waited_for():
    with pytest.raises(FrameTooLong):
        decode(b"##9999" + b"x" * 9999 + b"0000")


@pytest.mark.parametrize(
    ("content", "values"),
    [
        ("a-Avg=1=2,a-Flag=N", [None]),
        ("a-Avg=1,5,a-Flag=N", None),
        ("a-Avg=NaN;a-Max=Infinity;a-Min=-0.0;a-Cou=1e308", [None, None, 0.0, 1e308]),
        ("a-Avg=9999;a-Max=-999", [9999.0, -999.0]),  # a sentinel is a value here: what it means is a device's row
        ("a-Avg=;a-Max= 5;a-Min=5 ", [None, None, None]),
        ("a-Avg=0x10;a-Max=1_0;a-Min=１２", [None, None, None]),
        ("a-Avg=1", [1.0]),  # without a flag
        ("a-Avg=1,a-Avg=2", [1.0, 2.0]),
    ],
)
def test_values(content, values):
    if values is None:
        with pytest.raises(ProtocolError):
            decode(seal(segment(content)))
        return
    found = measurements(decode(seal(segment(content))))
    assert [measured.value for measured in found] == values
    assert all(measured.quality is Quality.MISSING for measured in found if measured.value is None)


def test_editions_mixed_on_one_line():
    heads = (
        "ST=32;CN=2011;PW=123456;MN=88888880000001",
        HEAD,
        HEAD.replace("Flag=5", "Flag=9;RF=1").replace("010000A8900016F000169DC0", "A110000_0001"),
        "QN=20160801085857223;ST=AA;CN=7777;MN=x;Flag=255",
    )
    raw = b"".join(seal(segment("DataTime=20160801085857;a-Rtd=1", head)) for head in heads)
    found = Decoder().feed(raw)
    assert [packet.version for packet in found if isinstance(packet, Packet)] == [0, 1, 2, 63]


def test_a_qn_that_is_used_again_is_carried():
    raw = seal(segment("a-Rtd=1")) + seal(segment("a-Rtd=2"))
    assert [packet.first("a-Rtd") for packet in Decoder().feed(raw) if isinstance(packet, Packet)] == ["1", "2"]


def test_a_flood_of_first_parts_stays_within_its_bounds(benchmark_s):
    joiner = Joiner()
    raw = encode(Packet(mn="A", cn="2051", st="31", pnum=9999, pno=1, qn="0", groups=((("a", "x" * 900),),)))
    packet = decode(raw)
    with benchmark_s(5):
        for number in range(5000):
            joiner.add(Packet(mn="A", cn="2051", st="31", pnum=9999, pno=1, qn=str(number), raw=packet.raw), number)
    assert joiner.waiting <= 64
    assert joiner.size <= 1 << 20


def test_a_million_tiny_packets(benchmark_s):
    raw = seal(b"ST=1")[:-2]
    with benchmark_s(5):
        found = Decoder().feed(raw * 100_000)
    assert len(found) == 100_000
