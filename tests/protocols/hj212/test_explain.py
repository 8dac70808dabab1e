import json

import pytest

from protocols.hj212.explain import explain
from protocols.hj212.frame import seal
from tests.protocols.golden import GOLDEN, frame_id, frames

ALL = frames("hj212", "HJ212")
HEADER = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5"
RIGHT = b"##0101" + HEADER + b";CP=&&RtdInterval=30&&1C80\r\n"
TIME = "expected YYYYMMDDhhmmss or YYYYMMDDhhmmsszzz"


def told(raw: bytes, *args) -> list[tuple[str, str, str]]:
    return [(raw[f.start : f.end].decode("utf-8", "replace"), f.name, f.meaning) for f in explain(raw, *args)]


def test_the_example_of_the_standard():
    assert told(RIGHT) == [
        ("##", "head", ""),
        ("0101", "length", "the data segment has 101 bytes"),
        ("QN=20160801085857223;", "QN", "2016-08-01 08:58:57.223 UTC+8"),
        ("ST=32;", "ST", "water pollution source"),
        ("CN=1062;", "CN", "set real-time interval 设置实时数据间隔"),
        ("PW=100000;", "PW", "password, 6 characters"),
        ("MN=010000A8900016F000169DC0;", "MN", "station, 24 characters"),
        ("Flag=5;", "Flag", "HJ 212-2017, answer wanted, not split"),
        ("CP=&&", "CP", "the content begins"),
        ("RtdInterval=30", "RtdInterval", "real-time interval, seconds"),
        ("&&", "CP", "the content ends"),
        ("1C80", "CRC", "right"),
        ("\r\n", "tail", "CR LF"),
    ]


def test_factors_flags_and_times():
    raw = seal(b"ST=22;CN=2011;MN=A;Flag=6;PNUM=2;PNO=1;CP=&&DataTime=20160801084000;w01018-Rtd=2.2,w01018-Flag=D;"
               b"i11001-Info=//a;b,c//,x=;&&")  # fmt: skip
    rows = told(raw)
    assert ("DataTime=20160801084000;", "DataTime", "time of the data: 2016-08-01 08:40:00 UTC+8") in rows
    assert ("w01018-Rtd=2.2,", "w01018-Rtd", "化学需氧量 real-time value, mg/L by the table") in rows
    assert ("w01018-Flag=D;", "w01018-Flag", "化学需氧量 data flag: device fault") in rows
    assert ("i11001-Info=//a;b,c//,", "i11001-Info", "i11001 information") in rows
    assert ("PNUM=2;", "PNUM", "packets of the message") in rows


@pytest.mark.parametrize(
    ("old", "new", "row"),
    [
        (b"1C80", b"1C08", ("1C08", "CRC", "wrong: 1C80 is right")),
        (b"1C80", b"1c80", ("1c80", "CRC", "right")),
        (b"1C80", b"zzzz", ("zzzz", "CRC", "expected 4 hexadecimal digits")),
        (b"##0101", b"##0100", ("0100", "length", "the data segment has 100 bytes; it has 101")),
        (b"##0101", b"##9999", ("9999", "length", "9999 bytes: more than 1024")),
        (b"##0101", b"##01x1", ("01x1", "length", "expected 4 digits")),
        (b"Flag=5", b"Flag=x", ("Flag=x;", "Flag", "expected 0 to 255")),
        (b";MN", b";,MN", (",MN=010000A8900016F000169DC0;", "MN", "a stray , in front; station, 24 characters")),
        (b"Flag=5", b"FLAG=5", ("FLAG=5;", "FLAG", "unlisted")),
        (b"PW=100000", b"PW100000", ("PW100000;", "PW100000", "expected name=value")),
        (b"QN=20160801085857223", b"QN=20160801", ("QN=20160801;", "QN", f"time '20160801': {TIME}")),
        (b"Interval=30", b"Interval=30;", (";", "separator", "with nothing in front")),
        (b"\r\n", b"\r\nrest", ("rest", "surplus", "behind the packet's end")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_its_place(old, new, row):
    raw = RIGHT.replace(old, new)
    if row[2] == "with nothing in front":
        raw = RIGHT.replace(b"30&&", b"30;;&&")
    assert row in told(raw)


def test_the_two_rules_of_the_crc():
    raw = seal(RIGHT[6:-6], "modbus")
    assert told(raw)[-2][2] == "1C80 is right; by the Modbus rule it is"
    assert told(raw, "modbus")[-2][2] == "right by the Modbus rule"
    assert told(RIGHT, "modbus")[-2][2] == "0759 is right by the Modbus rule; by the rule of the standard it is"
    assert told(RIGHT[:-6] + b"0000", "modbus")[-1][2].startswith("wrong: ")


@pytest.mark.parametrize("cut", range(len(RIGHT)))
def test_a_cut_packet_is_explained_as_far_as_it_goes(cut):
    rows = told(RIGHT[:cut])
    assert "".join(text for text, *_ in rows).encode() == RIGHT[:cut]
    assert all(meaning != "right" for _, _, meaning in rows) or cut >= len(RIGHT) - 2


def test_the_edition_of_2005_has_other_numbers():
    old = seal(b"ST=22;CN=3014;MN=A;Flag=3;CP=&&PolId=101,CTime=04&&")
    new = seal(b"ST=22;CN=3014;MN=A;Flag=5;CP=&&PolId=101&&")
    assert told(old)[3][2].startswith("set sampling cycle")
    assert told(new)[3][2].startswith("comparison sampling")


@pytest.mark.parametrize("row", ALL, ids=frame_id)
def test_every_frame_of_the_collection(row):
    raw = row["frame"].encode()
    rows = told(raw, "either")
    assert "".join(text for text, *_ in rows).encode() == raw
    names = [name for _, name, _ in rows]
    assert {"ST", "CN", "MN", "CP"} <= set(names)
    if row["accept"] and row["kind"] != "crc_only":
        assert rows[-1][1:] == ("CRC", "right")
        assert not any("expected" in meaning for _, name, meaning in rows if name != "QN")


def test_an_encrypted_content():
    row = next(row for row in json.loads((GOLDEN / "hj212" / "found.json").read_text("utf-8")) if "key" in row)
    meanings = {field.name: field.meaning for field in explain(bytes.fromhex(row["frame"]))}
    assert "not to be read without the key" in meanings["content"]
    assert meanings["CRC"] == "that of the plain text: not to be checked without the key"
    assert meanings["Flag"] == "HJ 212-2025, answer wanted, not split"
