"""Frames found in public sources beside those of the collection; tests/golden/hj212/found.json says where."""

import json

import pytest

from protocols.hj212 import decode, encode, measurements
from protocols.hj212.describe import describe
from protocols.hj212.parts import Joiner
from protocols.vocabulary import FrameTooLong, ProtocolError
from tests.protocols.golden import GOLDEN

ROWS = {row["id"]: row for row in json.loads((GOLDEN / "hj212" / "found.json").read_text("utf-8")) if "key" not in row}


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row["accept"]], ids=lambda row: row["id"])
def test_what_is_right_is_read_and_can_be_written(row):
    packet = decode(row["frame"].encode())
    assert decode(encode(packet)) == packet
    assert describe(row["frame"].encode())["crc_given"] == row["frame"][-4:]


@pytest.mark.parametrize(
    "row", [row for row in ROWS.values() if "accept_in_crc_mode" in row], ids=lambda row: row["id"]
)
def test_what_is_right_by_another_rule_is_read_where_the_setting_says_so(row):
    raw, mode = row["frame"].encode(), row["accept_in_crc_mode"]
    with pytest.raises(ProtocolError, match="it is right by the Modbus rule, low byte first"):
        decode(raw)
    for setting in (mode, "either"):
        packet = decode(raw, setting)
        assert packet.crc == mode
        assert encode(packet).rstrip() == raw
    with pytest.raises(ProtocolError, match="4F52 is right by the Modbus rule"):
        decode(raw, "modbus")


def test_a_stray_comma_and_a_flag_in_capitals():
    told = describe(ROWS["found-hj212-001"]["frame"].encode())
    assert told["header"] == {"ST": "32", "CN": "2011", "PW": "123456", "MN": "88888881234567", "FLAG": "0"}
    assert "flag_bits" not in told
    assert told["remarks"] == [
        "Flag is missing: taken for the edition of 2005, no answer wanted",
        "FLAG is not Flag: names are case sensitive; carried, not read",
        "a stray , in front of a header field was passed over",
    ]


def test_a_station_without_a_number_is_read_and_told():
    packet = decode(ROWS["found-hj212-009"]["frame"].encode())
    assert (packet.mn, packet.pw) == ("", "")
    assert len(measurements(packet)) == 13
    assert describe(packet.raw)["remarks"] == [
        "PW is empty: expected 6 characters",
        "MN is empty: which station sent it cannot be told",
        "Flag is missing: taken for the edition of 2005, no answer wanted",
    ]


def test_the_first_of_two_packets_waits_for_the_second():
    packet = decode(ROWS["found-hj212-002"]["frame"].encode())
    assert (packet.pnum, packet.pno, packet.wants_answer, packet.says_split) == (2, 1, True, True)
    assert {m.flag for m in measurements(packet)} == {"B"}
    assert Joiner().add(packet, 0) == []


def test_more_than_1024_bytes_are_refused_even_with_a_right_crc():
    with pytest.raises(FrameTooLong, match="1045 is more than 1024"):
        decode(ROWS["found-hj212-005"]["frame"].encode())


def test_header_fields_are_told_as_they_were_sent():
    segment = b"QN=1;ST=31;CN=2051;MN=A;Flag=07;PNO=0002;PNUM=0002;CP=&&a-Avg=1&&"
    told = describe(segment)
    assert told["header"] == {
        "QN": "1", "ST": "31", "CN": "2051", "MN": "A", "Flag": "07", "PNUM": "0002", "PNO": "0002"
    }  # fmt: skip
    assert told["flag_bits"] == {"ack_required_A": 1, "split_D": 1, "version": 1}


def test_what_data_time_is():
    def told(cn, content):
        return describe(f"QN=1;ST=31;CN={cn};MN=A;Flag=5;CP=&&{content}&&".encode()).get("data_time_is")

    assert told("2061", "DataTime=20160801080000;a-Avg=1") == "start of the period"
    assert told("2011", "DataTime=20160801080000;a-Rtd=1") == "instant"
    assert told("2000", "DataTime=20160801080000;a-Rtd=1") is None
    assert told("2061", "BeginTime=20160801080000;EndTime=20160801080000") is None
