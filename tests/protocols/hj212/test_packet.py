from dataclasses import replace

import pytest

from protocols.hj212 import Packet, Version, decode, encode
from protocols.hj212.frame import seal
from protocols.vocabulary import FrameTooLong, ProtocolError

HEAD = "QN=20160801085857223;ST=32;CN=3020;PW=123456;MN=010000A8900016F000169DC0;Flag=5"
PACKET = Packet(mn="M", cn="2011", st="22", flag=5)


def read(content: str, head: str = HEAD) -> Packet:
    return decode(seal(f"{head};CP=&&{content}&&".encode()))


def test_flag_bits():
    flags = [replace(PACKET, flag=flag) for flag in (None, 0, 4, 5, 7, 9)]
    assert [p.wants_answer for p in flags] == [False, False, False, True, True, True]
    assert [p.says_split for p in flags] == [False, False, False, False, True, False]
    assert [p.version for p in flags] == [0, 0, 1, 1, 1, Version.HJ212_2025]


def test_a_flag_that_says_split_without_numbers_is_no_part():
    assert not replace(PACKET, flag=7).is_part
    assert read("", "ST=32;CN=2011;MN=A;PNUM=2;PNO=1").is_part


def test_repeated_names_stay_in_their_groups():
    packet = read("PolId=w01019,i12001-Info=0;PolId=w21001,i12001-Info=1")
    assert packet.groups == (
        (("PolId", "w01019"), ("i12001-Info", "0")),
        (("PolId", "w21001"), ("i12001-Info", "1")),
    )
    assert read("a=1,a=2").groups == ((("a", "1"), ("a", "2")),)


def test_a_log_text_may_hold_separators():
    packet = read("PolId=w01018;i11001-Info=//restart, by=admin; ok//,i12001-Info=1;x=2")
    assert packet.groups == (
        (("PolId", "w01018"),),
        (("i11001-Info", "//restart, by=admin; ok//"), ("i12001-Info", "1")),
        (("x", "2"),),
    )
    assert decode(encode(packet)) == packet


def test_blanks_are_trimmed_around_names_only_and_trailing_separators_are_nothing():
    assert read(" LA-Rtd =50.1 ; LMn-Data= 4;").groups == ((("LA-Rtd", "50.1 "),), (("LMn-Data", " 4"),))


def test_unknown_header_fields_are_carried():
    packet = read("", "ST=32;CN=2011;MN=A;FLAG=0;Vendor=x")
    assert packet.flag is None
    assert packet.extra == (("FLAG", "0"), ("Vendor", "x"))
    assert decode(encode(packet)) == packet


def test_a_stray_comma_in_front_of_a_header_field_is_passed_over():
    packet = read("", "ST=32;CN=2011;PW=1;,MN=A;FLAG=0")  # met in the field, with a right CRC
    assert (packet.mn, packet.pw) == ("A", "1")
    assert decode(encode(packet)) == packet


@pytest.mark.parametrize(
    "head",
    [
        "QN=1;CN=2011;MN=A",  # no ST
        "ST=32;MN=A",  # no CN
        "ST=32;CN=2011",  # no MN
        "ST=32;CN=2011;MN,=A",
        "ST=32;CN=2011;MN=A;,MN=B",
        "ST=32;CN=2011;MN=A;,",
        "ST=32;CN=201;MN=A",
        "ST=32;CN=２０１１;MN=A",
        "ST=3;CN=2011;MN=A",
        "ST=32;CN=2011;MN=A;MN=B",  # another site's number behind the right one
        "ST=32;CN=2011;MN=A;Flag=256",
        "ST=32;CN=2011;MN=A;Flag=-1",
        "ST=32;CN=2011;MN=A;Flag=+4",
        "ST=32;CN=2011;MN=A;Flag= 4",
        "ST=32;CN=2011;MN=A;PNUM=0;PNO=0",
        "ST=32;CN=2011;MN=A;PNUM=2;PNO=3",
        "ST=32;CN=2011;MN=A;PNUM=99999;PNO=1",
        "ST=32;CN=2011;MN=A\x00",
        "ST=32;CN=2011;MN=A\r\n",
        "ST=32;CN=2011;MN=Ａ",
        "ST=32;CN=2011;MN=" + "A" * 65,
        "ST=32;;CN=2011;MN=A",
        "ST",
        "",
    ],
)
def test_a_malformed_header_is_refused(head):
    with pytest.raises(ProtocolError):
        read("", head)


@pytest.mark.parametrize(
    "segment",
    [
        HEAD,
        HEAD + ";CP=&&",
        HEAD + ";CP=&&&",
        HEAD + ";CP=a=1",
        HEAD + "CP=&&a=1&&",  # the standard's own example forgets the ;
        HEAD + ";CP=&&a=1&&b=2&&",
        HEAD + ";CP=&&a&&",
        HEAD + ";CP=&&=1&&",
        HEAD + ";CP=&&a=1, &&",
        "CP=&&a=1&&",
    ],
)
def test_malformed_content_is_refused(segment):
    with pytest.raises(ProtocolError):
        decode(seal(segment.encode()))


def test_gbk_is_no_utf_8():
    with pytest.raises(ProtocolError, match="UTF-8"):
        decode(seal(f"{HEAD};CP=&&i11001-Info=//清洗管路//&&".encode("gbk")))


def test_the_length_counts_bytes():
    packet = replace(PACKET, groups=((("i11001-Info", "//清洗管路//"),),))
    assert int(encode(packet)[2:6]) == len(packet.segment()) == len(packet.segment().decode()) + 8


@pytest.mark.parametrize(
    "changes",
    [
        {"mn": "A;MN=B"},
        {"mn": "A;CP=&&"},
        {"qn": "1\n2"},
        {"flag": 256},
        {"cn": "20111"},
        {"groups": (("a", "1;b=2"),)},
        {"groups": ((("a", "1;b=2"),),)},
        {"groups": ((("a", "1,b"),),)},
        {"groups": ((("a=", "1"),),)},
        {"groups": (((" a", "1"),),)},
        {"groups": ((("", "1"),),)},
        {"groups": ((("a", "&&"),),)},
        {"groups": ((("a", "\ud800"),),)},
        {"groups": ((),)},
        {"extra": (("MN", "B"),)},
    ],
)
def test_what_would_be_read_as_something_else_is_not_written(changes):
    with pytest.raises((ProtocolError, ValueError)):
        encode(replace(PACKET, **changes))


def test_the_longest_segment():
    free = 1024 - len(replace(PACKET, groups=((("a", ""),),)).segment())
    longest = replace(PACKET, groups=((("a", "x" * free),),))
    assert decode(encode(longest)) == longest
    with pytest.raises(FrameTooLong):
        encode(replace(PACKET, groups=((("a", "x" * (free + 1)),),)))


@pytest.mark.parametrize("cut", range(len(seal(f"{HEAD};CP=&&a=1&&".encode())) - 2))
def test_a_packet_cut_at_any_byte_is_refused(cut):
    with pytest.raises(ProtocolError):
        decode(seal(f"{HEAD};CP=&&a=1&&".encode())[:cut])


def test_crc_digits_of_either_case_and_nothing_else():
    raw = encode(PACKET)
    assert decode(raw[:-6] + raw[-6:].lower()) == PACKET
    for digits in (b"    ", b"0x1F", b"+123", b"1_00", "１２".encode()):
        with pytest.raises(ProtocolError):
            decode(raw[:-6] + digits + b"\r\n")
