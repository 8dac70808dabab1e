from dataclasses import replace

import pytest

from protocols.sl651 import Body, Direction, End, Frame, Line, Mode, decode, encode, packets
from protocols.sl651 import messages as m
from protocols.sl651.describe import describe
from protocols.sl651.explain import explain
from protocols.sl651.items import Asked, Element, Named, Plain, Series, StationMark, TimeMark, element
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frames

LINE = Line(station="0012345678", centre=1, password="1234")
MARK, TIME = StationMark("0012345678", 0x48), TimeMark("2401010800")
ROWS = {row["id"]: row["frame"] for row in frames("sl651", "SL651")}


def told(code: int, *items, line: Line = LINE, stamp: str = "240101100000") -> dict:
    return describe(encode(line.up(code, Body(1, stamp, items))))


def asked(command: m.Command, line: Line = LINE) -> dict:
    return describe(encode(line.down(command.function, Body(0, "240101100000", m.in_mode(command, line.mode)))))


def rows(raw: bytes) -> list[tuple[str, str, str]]:
    return [(raw[field.start : field.end].hex().upper(), field.name, field.meaning) for field in explain(raw)]


def test_parameters_have_their_own_names():
    said = describe(bytes.fromhex(ROWS["pub-sl651-013"]))
    assert "elements" not in said
    values = {row["id"]: (row["name"], row["value"]) for row in said["parameters"]}
    assert values["01"] == ("centre addresses", [5, 0, 0, 0])
    assert values["02"] == ("station address", "0011223344")
    assert values["03"] == ("password", "1234")
    assert values["04"] == ("main channel of centre 1", "IPv4 218.94.153.172:9708")
    assert values["05"] == ("spare channel of centre 1", "SMS 13012345678")
    assert values["0C"] == ("work mode", 2)
    assert values["0D"] == ("observed elements", "8001000000000000")
    assert values["0F"] == ("modem id", "1013112345678")


def test_what_a_centre_asks():
    said = describe(bytes.fromhex(ROWS["pub-sl651-030"]))
    assert (said["begin"], said["end_of_period"], said["step"]) == ("2024010916", "2024010917", "5 min")
    assert said["asked"] == [{"id": "F4", "len": 12, "dec": 0, "name": "DRP", "unit": "mm"}]
    assert [row["name"] for row in describe(bytes.fromhex(ROWS["pub-sl651-045"]))["asked"]][:3] == [
        "centre addresses",
        "station address",
        "password",
    ]


def test_states_and_alarms():
    said = told(0x46, StationMark("0012345678"), element(0x45, bytes.fromhex("00000003")))
    assert said["status"]["mains"] == "off"
    assert said["alarms"] == ["mains: off", "battery: low", "door: open"]
    assert "status" not in told(0x46, StationMark("0012345678"), element(0x45, bytes.fromhex("FFFFFFFF")))


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        (m.switch_pumps([True, False]), "switches", [True, *[False] * 7]),
        (m.switch_gates([m.Gate(True, 120)]), "gates", [{"open": True, "opening_cm": 120}]),
        (m.control_quota(on=True), "quota_on", True),
    ],
)
def test_layouts_of_their_own(command, name, value):
    assert asked(command)[name] == value


def test_a_layout_that_is_broken_is_told_and_carried():
    said = told(0x45, StationMark("0012345678"), Plain(b"\x09A"))
    assert said["raw_body"] == "0941"
    assert "length byte 09" in said["version_error"]
    assert "events_error" in told(0x50, StationMark("0012345678"), Plain(b"\x09A"))


def test_user_functions_and_reserved_ones():
    assert told(0xE3, Plain(b"\x00\x01"))["raw_body"] == "0001"
    assert told(0xE3, StationMark("0012345678"), TIME, element(0x39, b"\x01"))["readings"][0]["name"] == "Z"
    assert told(0x60, Plain(b"\x00\x01"))["meaning"] == "reserved"


def test_times_that_are_no_dates_are_told():
    said = told(0x32, MARK, TimeMark("0000000000"), element(0x39, b"\x01"), stamp="001301000000")
    assert said["send_time"] == "20001301000000"
    assert "month must be in 1..12" in said["send_time_error"]
    assert said["readings"][0]["time_utc_ms"] is None


def test_other_stations_and_relays():
    line = Line(station="310151EA61", centre=1)
    said = told(
        0x32, StationMark("310151EA61", 0x99), TIME, element(0x39, b"\x01"), MARK, element(0x39, b"\x02"), line=line
    )
    assert (said["station_printed"], said["station_role"]) == ("310151060001", "relay")
    assert said["station_type_name"] == "unlisted"
    assert [row.get("station") for row in said["readings"]] == [None, "0012345678"]
    assert said["elements"][2] == {"id": "F1", "name": "ST", "value": "0012345678", "station_type": "48"}


def test_an_end_of_the_other_direction_is_told():
    assert describe(bytes.fromhex(ROWS["pub-sl651-020"]))["end_note"] == "ENQ belongs to the other direction"
    assert "end_note" not in describe(bytes.fromhex(ROWS["pub-sl651-001"]))


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"Q 1.2", "Q 1.2"), ("水位".encode(), "水位"), ("水位".encode("gb18030"), "水位"), (b"\xff\xff", "\\xff\\xff")],
)
def test_manual_texts(data, text):
    assert told(0x35, element(0xF2, data))["elements"] == [{"id": "F2", "name": "RGZS", "text": text}]


def test_a_series_in_packets_is_told_as_one_message():
    series = Series((Asked(0x22, 0x19),), tuple((n.to_bytes(2, "big").hex().encode()[:3],) for n in range(60)))
    series = Series(series.heads, tuple((bytes.fromhex(f"{n:06d}"),) for n in range(60)))
    message = LINE.up(0x31, Body(1, "240101100000", (MARK, TIME, Element(0x04, 0x18, b"\x00\x00\x05"), series)))
    said = describe(b"".join(encode(part) for part in packets(message, 50)))
    assert (said["packets_total"], said["ends"][-1]) == (5, "ETX")
    assert said["values"] == [n / 10 for n in range(60)]
    assert (said["element"], said["step"]) == ("22", "5 min")


def test_glued_frames_that_are_no_packets_are_refused():
    raw = bytes.fromhex(ROWS["pub-sl651-006"])
    with pytest.raises(ProtocolError, match="length field says 43"):
        describe(raw + raw)


def test_packets_of_two_messages_are_refused():
    first, second = (
        [
            encode(part)
            for part in packets(LINE.up(0x36, Body(n, "240101100000", (MARK, element(0xF3, bytes(300))))), 100)
        ]
        for n in (1, 2)
    )
    with pytest.raises(ProtocolError, match="packets"):
        describe(b"".join(first + second))


def test_ascii_frames():
    line = replace(LINE, mode=Mode.ASCII)
    said = told(0x32, MARK, TIME, Named("Z", b"M"), Named("X", b"?"), Named("ZT", b"00000480"), line=line)
    assert said["elements"] == {"TT": "2401010800", "Z": None, "X": "?", "ZT": 1152}
    said = asked(m.query_elements([Asked(0x39, 0x23)]), line)
    assert said["asked"] == ["Z"]


def test_an_explanation_of_every_element():
    raw = bytes.fromhex(ROWS["pub-sl651-004"])
    told_rows = rows(raw)
    assert told_rows[0] == ("7E7E", "start", "HEX mode")
    assert ("0560", "serial number", "1376") in told_rows
    at = told_rows.index(("0E", "id 0E", "H, depth to groundwater 地下水瞬时埋深"))
    assert told_rows[at + 1 : at + 3] == [
        ("1A", "definition", "3 bytes, 2 decimals"),
        ("004996", "data", "49.96 m"),
    ]
    assert ("FF02", "id FF02", "unlisted") in told_rows
    assert told_rows[-1] == ("CD6D", "CRC", "right")


def test_an_explanation_goes_as_far_as_it_can():
    raw = bytes.fromhex(ROWS["pub-sl651-004"])
    wrong_crc = rows(raw[:-2] + b"\x00\x00")
    assert wrong_crc[:-1] == rows(raw)[:-1]
    assert wrong_crc[-1] == ("0000", "CRC", "wrong: CRC: found 0000, CD6D is right")
    cut = rows(raw[:45])
    assert cut[-1][1:] == ("not read", "element 03: expected 2 bytes, the body has 1 more")
    broken = rows(raw[:37] + b"\x00" + raw[38:])
    assert ("not read", "id 00 at byte 15 of the content: expected 01 to FF") in [row[1:] for row in broken]
    assert rows(b"") == []
    assert rows(b"\x00\x01")[0][1:] == ("start", "expected 7E7E or 01")


def test_an_explanation_of_a_downlink_has_the_station_first():
    assert [name for _, name, _ in rows(bytes.fromhex(ROWS["pub-sl651-030"]))][1:3] == ["station", "centre"]
    assert [name for _, name, _ in rows(bytes.fromhex(ROWS["pub-sl651-006"]))][1:3] == ["centre", "station"]


def test_an_explanation_of_ascii_mode():
    told_rows = rows(bytes.fromhex(ROWS["pub-constructed-sl651-001"]))
    assert ("504A20302E3520", "PJ", "rain since the day began 当前降水量: 0.5 mm") in told_rows
    assert told_rows[-1] == ("33333946", "CRC", "right")


def test_an_explanation_of_packets_names_each():
    raw = bytes.fromhex("".join(ROWS["pub-sl651-050"]))
    packets_told = [meaning for _, name, meaning in rows(raw) if name == "packet"]
    assert packets_told == [f"number {n} of 13" for n in range(1, 14)]


def test_describe_does_not_depend_on_the_case_of_ascii_mode():
    frame = Frame(
        direction=Direction.UP,
        station="00123456AB",
        centre=1,
        function=0x2F,
        body=b"0003240101100000",
        end=End.ETX,
        mode=Mode.ASCII,
    )
    assert describe(encode(frame))["station"] == decode(encode(frame)).station == "00123456AB"
