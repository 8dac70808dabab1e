import base64
import math
import sys

import pytest

from protocols.uplink import BodyEncoder, Header, sign, unsigned
from protocols.vocabulary import Batch, Point, Quality, Reading
from tests.protocols.golden import frame_id, frames

HJ212 = frames("hj212", "HJ212")
RTU = frames("modbus", "MODBUS_RTU")
RIGHT = (
    "##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80"
)
WRONG = RIGHT[:-4] + "1C08"


@pytest.mark.parametrize("row", HJ212, ids=frame_id)
def test_hj212(yingzhou, row):
    said = yingzhou("decode", "hj212", row["frame"], "--json")
    if not row["accept"]:
        assert (said.code, said.out, len(said.err)) == (1, [], 1)
        return
    (told,) = said.json()
    assert {name: told.get(name) for name in row["expected"]} == row["expected"]
    assert said.code == 0


def test_hj212_of_devices_with_the_modbus_crc(yingzhou):
    rows = [row for row in HJ212 if row.get("accept_in_modbus_crc_mode")]
    stdin = "\n".join(row["frame"] for row in rows).encode()
    for crc in ("modbus", "either"):
        said = yingzhou("decode", "hj212", "-", "--json", "--crc", crc, stdin=stdin)
        assert said.code == 0
        assert [line["frame"]["crc_given"] for line in said.json()] == [row["expected"]["crc_given"] for row in rows]


@pytest.mark.parametrize("row", frames("sl651", "SL651"), ids=frame_id)
def test_sl651(yingzhou, row):
    packets = row["frame"] if row["encoding"] == "hex_list" else [row["frame"]]
    said = yingzhou("decode", "sl651", *packets, "--json")
    if row["accept"] is False:
        assert (said.code, said.out, len(said.err)) == (1, [], 1)
        return
    (told,) = said.json()
    assert {name: told.get(name) for name in row["expected"]} == row["expected"]
    assert said.code == 0


def test_sl651_packets_line_by_line(yingzhou):
    (row,) = (row for row in frames("sl651", "SL651") if row["encoding"] == "hex_list")
    said = yingzhou("decode", "sl651", "-", "--json", stdin="\n".join(row["frame"]).encode())
    numbers = [line["frame"]["packet_no"] for line in said.json()]
    assert (said.code, numbers) == (0, row["expected"]["packet_numbers"])


def test_sl651_lists_of_a_station_that_writes_the_time_of_its_report(yingzhou):
    (row,) = (row for row in frames("sl651", "SL651") if row["id"] == "pub-sl651-049")
    (first,) = yingzhou("decode", "sl651", row["frame"], "--json").json()
    (hour,) = yingzhou("decode", "sl651", row["frame"], "--json", "--lists", "clock-hour").json()
    assert first["elements"] == hour["elements"]
    assert first["readings"][0]["reasons"] == ["clock"]
    assert first["readings"][0]["time_utc_ms"] - hour["readings"][0]["time_utc_ms"] == 25 * 60_000


@pytest.mark.parametrize("row", frames("modbus", "MODBUS_RTU", "MODBUS_TCP"), ids=frame_id)
def test_modbus(yingzhou, row):
    said = yingzhou("decode", row["protocol"].lower().replace("_", "-"), row["frame"], "--json")
    if not row["accept"]:
        assert (said.code, said.out, len(said.err)) == (1, [], 1)
        return
    expected = {name: value for name, value in row["expected"].items() if name != "meaning"}
    (told,) = said.json()
    assert {name: told.get(name) for name in expected} == expected


@pytest.mark.parametrize("row", [*frames("dlt645", "DLT645"), *frames("cjt188", "CJT188")], ids=frame_id)
def test_meters(yingzhou, row):
    said = yingzhou("decode", row["protocol"].lower(), row["frame"], "--json")
    if not row["accept"]:
        assert (said.code, said.out, len(said.err)) == (1, [], 1)
        return
    (told,) = said.json()
    assert {name: told.get(name) for name in row["expected"]} == row["expected"]


@pytest.mark.parametrize("row", frames("senml", "SENML_JSON", "SENML_CBOR"), ids=frame_id)
def test_senml(yingzhou, row):
    said = yingzhou("decode", row["protocol"].lower().replace("_", "-"), row["frame"], "--json", "--now", "1498780179")
    assert said.code == (0 if row["accept"] else 1)
    if "resolved" in row["expected"] and row["id"] != "pub-senml-json-005":  # see tests/protocols/senml/test_golden.py
        assert said.json()[0]["resolved"] == row["expected"]["resolved"]


def test_a_malformed_frame_is_one_line_and_1(yingzhou):
    said = yingzhou("decode", "hj212", WRONG)
    assert (said.code, said.out) == (1, [])
    assert said.err == ["yingzhou decode: CRC: found 1C08, 1C80 is right"]


def test_the_table_is_for_people(yingzhou):
    said = yingzhou("decode", "hj212", RIGHT)
    text = "\n".join(said.out)
    for line in ("crc_given      1C80", "  MN    010000A8900016F000169DC0", "    0  RtdInterval=30"):
        assert line in text
    assert "set real-time interval" in text


def test_line_by_line(yingzhou):
    stdin = f"{RIGHT}\r\n{WRONG}\n\nnonsense\n{RIGHT}".encode()
    said = yingzhou("decode", "hj212", "-", "--json", stdin=stdin)
    lines = said.json()
    assert [line["ok"] for line in lines] == [True, False, False, False, True]
    assert lines[1]["error"] == "CRC: found 1C08, 1C80 is right"
    assert said.code == 1
    plain = yingzhou("decode", "hj212", stdin=stdin)
    assert plain.code == 1
    assert [line.split(":")[1] for line in plain.err] == [" line 2", " line 3", " line 4"]
    assert said.err == plain.err


@pytest.mark.parametrize(
    "argv",
    [
        ["010300000002C40B"],
        ["0x010300000002c40b"],
        ["01 03 00 00 00 02 C4 0B"],
        ["01:03:00:00:00:02:c4:0b"],
        ["01-03-00-00-00-02-C4-0B"],
        ["0x01,0x03,0x00,0x00,0x00,0x02,0xC4,0x0B"],
        ["01", "03", "00", "00", "00", "02", "C4", "0B"],
        ["0103 0000", "0002 C40B"],
        ["  010300000002C40B\n"],
    ],
)
def test_hexadecimal_in_all_its_dresses(yingzhou, argv):
    (told,) = yingzhou("decode", "modbus-rtu", *argv, "--json").json()
    assert (told["address"], told["quantity"]) == (1, 2)


@pytest.mark.parametrize(
    "argv",
    [
        ["modbus-rtu", "010300000002C40B", "--json"],
        ["modbus-rtu", "--json", "010300000002C40B"],
        ["--json", "modbus-rtu", "010300000002C40B"],
        ["modbus-rtu", "--crc", "modbus", "--json", "01", "0300000002C40B"],
        ["modbus-rtu", "01", "--json", "0300000002C40B"],
    ],
)
def test_options_stand_anywhere(yingzhou, argv):
    said = yingzhou("decode", *argv)
    assert said.code == 0
    assert said.json()[0]["quantity"] == 2


def test_options_behind_which_lines_are_read(yingzhou):
    said = yingzhou("decode", "modbus-rtu", "--json", "-", stdin=b"010300000002C40B")
    assert [line["ok"] for line in said.json()] == [True]


@pytest.mark.parametrize("argv", [["modbus-rtu", "--jsn", "00"], ["modbus-rtu", "--json", "00", "--nonsense"]])
def test_unknown_options(yingzhou, argv):
    said = yingzhou("decode", *argv)
    assert (said.code, said.out) == (2, [])


@pytest.mark.parametrize("frame", ["", " ", "0", "010", "0x", "zz", "0 1", "０１", "01 0g", "<01>", "\udcff"])
def test_no_hexadecimal(yingzhou, frame):
    said = yingzhou("decode", "modbus-rtu", frame)
    assert (said.code, said.out, len(said.err)) == (1, [], 1)


def test_text_protocols_take_hexadecimal_too(yingzhou):
    (told,) = yingzhou("decode", "hj212", RIGHT.encode().hex(), "--json").json()
    assert told["header"]["CN"] == "1062"
    pack = '[{"n":"a","u":"Cel","v":23.1}]'
    for frame in (pack, pack.encode().hex(" ")):
        (told,) = yingzhou("decode", "senml-json", frame, "--json", "--now", "100").json()
        assert told["resolved"] == [{"n": "a", "u": "Cel", "t": 100.0, "v": 23.1}]


def test_a_frame_of_both_directions_says_so(yingzhou):
    (echo,) = yingzhou("decode", "modbus-tcp", "000100000006010600010003", "--json").json()
    assert echo["direction"] == "request or its echo"
    (both,) = yingzhou("decode", "modbus-tcp", "000100000006010103000001", "--json").json()
    assert both["direction"] == "request"
    assert len(both["or_as_response"]["bits"]) == 24


def test_a_frame_cannot_write_to_the_terminal(yingzhou):
    said = yingzhou("decode", "senml-json", '[{"n":"a","vs":"\\u001b[2J\\u202e\\n"}]')
    assert said.code == 0
    assert all(line.isprintable() for line in said.out)
    said = yingzhou("decode", "hj212", "\x1b[2J\r\nboom")
    assert len(said.err) == 1
    assert said.err[0].isprintable()


def test_an_overlong_line_does_not_stop_the_next(yingzhou):
    said = yingzhou("decode", "hj212", "-", "--json", stdin=b"#" * 5_000_000 + b"\n" + RIGHT.encode())
    assert [line["ok"] for line in said.json()] == [False, True]
    assert "4194304" in said.json()[0]["error"]


def test_uplink(yingzhou):
    point = Point("nrn-0123abcdw", "ph")
    readings = [Reading.of(point, 1_800_000_000_000, 7.25), Reading.missing(point, 1_800_000_060_000)]
    body, count = BodyEncoder().encode([Batch.of(readings)])
    header = Header("gw-1", 7, 3, count, 1_800_000_000_000, 5)
    frame = sign(unsigned(header, body), b"k" * 32).hex()
    (told,) = yingzhou("decode", "uplink", frame, "--json", "--key", (b"k" * 32).hex()).json()
    assert (told["gateway"], told["epoch"], told["sequence"], told["mac_verified"]) == ("gw-1", 7, 3, True)
    assert [reading["value"] for reading in told["readings"]] == [7.25, None]
    assert [reading["quality"] for reading in told["readings"]] == [Quality.NOT_EVALUATED, Quality.MISSING]
    (told,) = yingzhou("decode", "uplink", frame, "--json").json()
    assert told["mac_verified"] is None
    assert any("7.25" in line for line in yingzhou("decode", "uplink", frame).out)
    assert yingzhou("decode", "uplink", frame[:-2]).code == 1
    assert yingzhou("decode", "uplink", frame, "--key", "xyz").code == 2


@pytest.mark.parametrize("row", frames("sparkplug", "SPARKPLUG_B"), ids=frame_id)
def test_sparkplug(yingzhou, row):
    raw = base64.b64decode(row["frame"])
    for frame in (row["frame"], raw.hex(), raw.hex(" ").upper(), row["frame"].replace("+", "-").replace("/", "_")):
        said = yingzhou("decode", "sparkplug", frame, "--json")
        (told,) = said.json()
        assert {name: told.get(name) for name in row["expected"]} == row["expected"]
        assert said.code == 0
    wrapped = "\n".join(row["frame"][at : at + 76] for at in range(0, len(row["frame"]), 76))
    assert yingzhou("decode", "sparkplug", wrapped, "--json").json() == [told]
    stdin = "\n".join([row["frame"], raw.hex(), row["frame"][:-5]]).encode()
    lines = yingzhou("decode", "sparkplug", "-", "--json", stdin=stdin)
    assert [line["ok"] for line in lines.json()] == [True, True, False]
    assert lines.code == 1


SPARKPLUG = "CNLig7n6MhINEGQgCmkAAAAAAAA7QBgF"


def test_sparkplug_with_its_topic(yingzhou):
    (told,) = yingzhou("decode", "sparkplug", SPARKPLUG, "--topic", "spBv1.0/g/DDATA/e/d", "--json").json()
    assert (told["message_type"], told["device"]) == ("DDATA", "d")
    said = yingzhou("decode", "sparkplug", SPARKPLUG, "--topic", "spBv1.0/g/DDATA/e")
    assert (said.code, said.out, len(said.err)) == (1, [], 1)
    for state in ('{"online":true,"timestamp":5}', "ONLINE", "4F4E4C494E45"):
        (told,) = yingzhou("decode", "sparkplug", state, "--json").json()
        assert (told["message_type"], told["online"]) == ("STATE", True)


def test_sparkplug_explained(yingzhou):
    said = yingzhou("decode", "sparkplug", SPARKPLUG, "--explain")
    assert said.code == 0
    assert any("metrics[0].double_value" in line and line.endswith("27.0") for line in said.out)
    said = yingzhou("decode", "sparkplug", SPARKPLUG[:-8], "--explain")
    assert said.code == 1
    assert said.err == ["yingzhou decode: byte 7: metrics[0]: 13 bytes announced, 9 follow"]


@pytest.mark.parametrize(
    "frame",
    [
        "CNLig7n6MhINEGQgCmkAAAAAAAA7QBg",  # no whole groups of four
        "CNLig7n6MhINEGQgCmkAAAAAAAA7QBg===",
        "CNLig7n6MhINEGQgCmkAAAAAAAA7Q*gF",
        "=CNL",
        "CN==CN==",
        "CNI=",  # base64 of two bytes that are no payload
        "08D2E",  # hexadecimal with a digit too few
        "08D2E283B9FA321g",  # hexadecimal with a wrong digit, which base64 has; its bytes are no payload
        "온라인==",
        "",
    ],
)
def test_sparkplug_neither_hexadecimal_nor_base64(yingzhou, frame):
    said = yingzhou("decode", "sparkplug", frame)
    assert (said.code, said.out, len(said.err)) == (1, [], 1)


def test_base64_is_sparkplugs_alone(yingzhou):
    for protocol in ("hj212", "modbus-tcp", "uplink", "senml-cbor"):
        said = yingzhou("decode", protocol, SPARKPLUG)
        assert said.code == 1
        assert "base64" not in said.err[0]


def test_without_protobuf_the_others_are_read(yingzhou, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("google", "protocols.sparkplug"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "google", None)
    assert yingzhou("decode", "hj212", RIGHT).code == 0
    said = yingzhou("decode", "sparkplug", SPARKPLUG)
    assert (said.code, said.out, len(said.err)) == (2, [], 1)
    assert "yingzhou[cloud]" in said.err[0]


def test_numbers_that_json_cannot_say_stand_as_text(yingzhou):
    (told,) = yingzhou("decode", "senml-cbor", "81a3006161020161" + "78f97c00", "--json").json()
    assert told["cbor"] == [{"0": "a", "2": 1, "x": str(math.inf)}]


WEATHER = "010301F4000404 07 010301F400040407 010308000E00010002006E67FB 010400020002D00B 010404CCCD4148654D"


def test_a_line_heard_in_both_directions(yingzhou):
    """SEN0658 behind an adapter that echoes, and a pH meter: answers are told with what was asked."""
    stream = ("decode", "modbus-rtu", "--stream", "-", "--hex", "--direction", "both")
    said = yingzhou(*stream, "--json", stdin=f"{WEATHER} FFFF".encode())
    frames = [line["frame"] for line in said.json() if line["ok"]]
    assert [(f["direction"], f.get("start"), f.get("registers"), f.get("note")) for f in frames] == [
        ("request", 500, None, None),
        ("request", 500, None, "the same again: an echo, or repeated"),
        ("response", 500, [14, 1, 2, 110], None),
        ("request", 2, None, None),
        ("response", 2, [52429, 16712], None),
    ]
    assert frames[2]["answers"] == "010301F400040407"
    assert [line["at"] for line in said.json()] == [0, 8, 16, 29, 37, 46]
    assert said.code == 1
    explained = yingzhou(*stream, "--explain", stdin=WEATHER.encode())
    assert explained.code == 0
    assert any("register 503" in line and line.endswith(" 110") for line in explained.out)
    assert any("register 3" in line and line.endswith("CDAB 12.55") for line in explained.out)


def test_a_connection_heard_in_both_directions(yingzhou):
    capture = (
        "000700000006010100000003 0007000000040101 0105 000800000006010303000001 0008000000030183 02 0009000000040103"
    )
    said = yingzhou(
        "decode", "modbus-tcp", "--stream", "-", "--hex", "--direction", "both", "--json", stdin=capture.encode()
    )
    asked, answered, refused_read, refusal = (line["frame"] for line in said.json() if line["ok"])
    assert (asked["direction"], answered["direction"], refused_read["direction"]) == ("request", "response", "request")
    assert (answered["bits"], answered["start"], answered["quantity"]) == ([1, 0, 1], 0, 3)
    assert (refusal["exception_code"], refusal["answers"]) == (2, "000800000006010303000001")
    assert said.code == 1


def test_binary_fields_are_shown_in_hexadecimal_and_texts_as_text(yingzhou):
    (told,) = yingzhou("decode", "modbus-rtu", "010404CCCD4148654D", "--explain", "--json").json()
    assert [field["shown"] for field in told["fields"]] == ["01", "04", "04", "CC CD", "41 48", "65 4D"]
