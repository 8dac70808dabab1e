from datetime import UTC, datetime, timedelta, timezone

import pytest

from protocols.sl651 import Body, Direction, End, Line, Mode, compose, decode, measurements
from protocols.sl651.items import Asked, Element, Named, NamedSeries, Plain, Series, StationMark, TimeMark, element
from protocols.sl651.messages import QUERY_NOW, in_mode
from protocols.sl651.numbers import packed_number
from protocols.sl651.times import observation_stamp, send_stamp, utc_ms
from protocols.vocabulary import ProtocolError, Quality, Reason
from tests.protocols.golden import frames

LINE = Line(station="0012345678", centre=1)
MARK = StationMark("0012345678", 0x48)
ROWS = {row["id"]: row["frame"] for row in frames("sl651", "SL651")}
HOUR = bytes.fromhex("0500000014FFFFFFFFFF0000")


def at(text: str) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=timezone(timedelta(hours=8)))
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1000


def measured(*items, code=0x32, sent="240101100000", lists="first"):
    return measurements(LINE.up(code, Body(1, sent, (MARK, *items))), lists)


def test_times_are_utc_plus_8():
    assert utc_ms("2401010800") == at("2024-01-01 08:00") == 1_704_067_200_000
    assert utc_ms("591011154947") == at("2059-10-11 15:49:47")
    assert send_stamp(utc_ms("591011154947")) == "591011154947"
    assert observation_stamp(utc_ms("591011154947")) == "5910111549"


@pytest.mark.parametrize(
    "stamp", ["2413010800", "2402300800", "2401012400", "240101080060", "24010108", "2401010８00", ""]
)
def test_no_times(stamp):
    with pytest.raises(ProtocolError):
        utc_ms(stamp)


def test_the_29th_of_february():
    assert utc_ms("2402290000") == at("2024-02-29 00:00")
    with pytest.raises(ProtocolError):
        utc_ms("2302290000")


def test_an_element_at_the_time_of_its_block():
    first, second = measured(
        TimeMark("2401010800"),
        element(0x39, bytes.fromhex("00001234"), 3),
        TimeMark("2401010900"),
        element(0x38, b"\x12\x15", 2),
    )
    assert (first.station, first.element, first.value, first.unit) == ("0012345678", "Z", 1.234, "m")
    assert (first.time, first.observed_property) == (at("2024-01-01 08:00"), "water_level")
    assert (first.quality, first.reasons) == (Quality.NOT_EVALUATED, Reason.NONE)
    assert (second.element, second.value, second.time) == ("VT", 12.15, at("2024-01-01 09:00"))


def test_an_hourly_report_brings_every_five_minutes():
    found = measurements(decode(bytes.fromhex(ROWS["pub-sl651-008"])))
    rain = [row for row in found if row.element == "DRP"]
    assert [row.value for row in rain] == [0.5, 0.0, 0.0, 0.0, 2.0, None, None, None, None, None, 0.0, 0.0]
    assert [row.time for row in rain] == [at("2017-07-18 10:05") + n * 300_000 for n in range(12)]
    assert [row.quality for row in rain][4:6] == [Quality.NOT_EVALUATED, Quality.MISSING]
    levels = [row for row in found if row.element == "DRZ1"]
    assert [row.value for row in levels][:4] == [0.12, 0.12, 0.28, 0.49]
    assert levels[0].observed_property is None, "a relative level is no water level"
    (total,) = (row for row in found if row.element == "PT")
    assert (total.value, total.time) == (4.0, at("2017-07-18 11:00"))
    assert len(found) == 12 + 1 + 12 + 3


def test_a_list_that_reaches_beyond_its_report_is_marked_and_the_setting_reads_it():
    frame = decode(bytes.fromhex(ROWS["pub-sl651-049"]))
    first = [row for row in measurements(frame) if row.element == "DRP"]
    assert first[0].time == at("2022-09-26 09:30")
    assert {row.reasons for row in first} == {Reason.CLOCK}
    assert [row.quality for row in first[5:7]] == [Quality.SUSPECT, Quality.MISSING]
    hour = [row for row in measurements(frame, "clock-hour") if row.element == "DRP"]
    assert [row.time for row in hour] == [at("2022-09-26 09:05") + n * 300_000 for n in range(12)]
    assert {row.reasons for row in hour} == {Reason.NONE}
    assert [row.value for row in hour] == [0.0] * 6 + [None] * 6


@pytest.mark.parametrize(
    ("stamp", "first"),
    [("2401010805", "08:05"), ("2401010900", "08:05"), ("2401010859", "08:05"), ("2401010901", "09:05")],
)
def test_the_clock_hour_of_a_list(stamp, first):
    found = measured(TimeMark(stamp), element(0xF4, HOUR), lists="clock-hour")
    assert found[0].time == at(f"2024-01-01 {first}")


def test_missing_values_and_their_reasons():
    found = measured(
        TimeMark("2401010800"),
        element(0x39, b"\xff\xff\xff", 2),
        element(0x39, b"\xaa\xaa\xaa\xaa", 3),
        element(0x39, b"\x0b\x00\x00", 2),
        element(0xF4, b"\xaa" * 12),
    )
    assert [row.value for row in found] == [None] * 15
    assert {row.quality for row in found} == {Quality.MISSING}
    assert [row.reasons for row in found][:3] == [Reason.NONE, Reason.NONE, Reason.INVALID_VALUE]


def test_a_clock_that_is_none():
    (level,) = measured(TimeMark("0000000000"), element(0x39, b"\x00\x01", 2))
    assert (level.value, level.time, level.reasons) == (0.01, None, Reason.CLOCK)
    (level,) = measured(TimeMark("2401010800"), element(0x39, b"\x00\x01", 2), sent="000000000000")
    assert (level.time, level.reasons) == (at("2024-01-01 08:00"), Reason.NONE)


def test_without_a_time_of_observation_it_is_that_of_sending():
    (level,) = measured(element(0x39, b"\x00\x01", 2))
    assert level.time == at("2024-01-01 10:00")


def test_several_stations():
    other = StationMark("0012345679", 0x50)
    found = measured(TimeMark("2401010800"), element(0x39, b"\x00\x01"), other, element(0x39, b"\x00\x02"))
    assert [(row.station, row.value) for row in found] == [("0012345678", 1), ("0012345679", 2)]
    # a new station does not take over the time of the one before it
    assert [row.time for row in found] == [at("2024-01-01 08:00"), at("2024-01-01 10:00")]


def test_a_series():
    step = Element(0x04, 0x18, bytes.fromhex("000015"))
    series = Series((Asked(0x22, 0x19),), ((b"\x00\x00\x05",), (b"\xff\xff\xff",), (b"\x00\x00\x10",)))
    found = measured(TimeMark("2401010805"), step, series, code=0x31)
    assert [(row.value, row.time) for row in found] == [
        (0.5, at("2024-01-01 08:05")),
        (None, at("2024-01-01 08:20")),
        (1.0, at("2024-01-01 08:35")),
    ]
    assert {row.observed_property for row in found} == {"rainfall"}


def test_a_series_of_hours():
    step = Element(0x04, 0x18, bytes(3))
    series = Series((Asked(0xF4, 0x60),), ((HOUR,), (HOUR,)))
    found = measured(TimeMark("2401010805"), step, series, code=0x38)
    assert [row.time for row in found] == [at("2024-01-01 08:05") + n * 300_000 for n in range(24)]
    assert [row.value for row in found][:5] == [row.value for row in found][12:17] == [0.5, 0.0, 0.0, 0.0, 2.0]


def test_a_series_without_a_step_has_only_its_first_time():
    series = Series((Asked(0x22, 0x19),), ((b"\x00\x00\x05",), (b"\x00\x00\x10",)))
    found = measured(TimeMark("2401010805"), Element(0x04, 0x18, bytes(3)), series, code=0x31)
    assert [(row.time, row.reasons) for row in found] == [(at("2024-01-01 08:05"), Reason.NONE), (None, Reason.CLOCK)]


def test_a_series_in_ascii_mode():
    line = Line(station="0012345678", centre=1, mode=Mode.ASCII)
    series = NamedSeries(("PN05", "Z"), (("0.5", "1.01"), ("M", "x")))
    body = Body(1, "240101100000", (MARK, TimeMark("2401010805"), Named("DRN05", b""), series))
    found = measurements(line.up(0x31, body))
    assert [(row.element, row.value, row.time) for row in found] == [
        ("PN05", 0.5, at("2024-01-01 08:05")),
        ("Z", 1.01, at("2024-01-01 08:05")),
        ("PN05", None, at("2024-01-01 08:10")),
        ("Z", None, at("2024-01-01 08:10")),
    ]
    assert [row.reasons for row in found][2:] == [Reason.NONE, Reason.INVALID_VALUE]


@pytest.mark.parametrize(
    ("identifier", "number", "decimals", "value", "unit", "reasons"),
    [
        (0x33, "1", 0, 0.0, "deg", Reason.NONE),
        (0x33, "5", 0, 90.0, "deg", Reason.NONE),
        (0x33, "16", 0, 337.5, "deg", Reason.NONE),
        (0x33, "225", 0, 225, "deg", Reason.UNIT),
        (0x05, "1.30", 2, 1.5, "h", Reason.NONE),
        (0x05, "1.75", 2, None, "h", Reason.INVALID_VALUE),
        (0x09, "444.00", 2, None, "m", Reason.DEVICE_FLAG),
        (0x09, "1.25", 2, 1.25, "m", Reason.NONE),
    ],
)
def test_what_some_elements_say_by_a_code(identifier, number, decimals, value, unit, reasons):
    (found,) = measured(element(identifier, packed_number(number, 3, decimals), decimals))
    assert (found.value, found.unit, found.reasons) == (value, unit, reasons)


def test_totals_keep_their_names():
    found = measured(element(0x20, b"\x00\x05", 1), element(0x26, b"\x00\x05", 1), element(0x1F, b"\x00\x05", 1))
    assert [(row.element, row.observed_property) for row in found] == [("PJ", None), ("PT", None), ("PD", "rainfall")]


def test_unlisted_elements_are_carried_by_their_id():
    found = measured(element(0xFF02, b"\x27"), element(0x76, bytes.fromhex("FF00000172"), 2))
    assert [(row.element, row.value, row.unit) for row in found] == [("FF02", 27, ""), ("76", -1.72, "")]


@pytest.mark.parametrize(
    ("code", "items"),
    [
        (0x46, (StationMark("0012345678"), element(0x45, bytes(4)))),
        (0x35, (element(0xF2, b"Q 1"),)),
        (0x36, (MARK, TimeMark("2401010800"), element(0xF3, b"\xff\xd8"))),
        (0x43, (StationMark("0012345678"), element(0x20, b"\x01"))),
        (0x45, (StationMark("0012345678"), Plain(b"\x01A"))),
        (0x2F, ()),
        (0xE0, (Plain(b"\x01A"),)),
    ],
)
def test_what_is_no_number_is_not_measured(code, items):
    assert measurements(LINE.up(code, Body(1, "240101100000", items))) == []


def test_a_centre_measures_nothing():
    frame = LINE.down(0x37, Body(0, "240101100000", in_mode(QUERY_NOW, Mode.HEX)))
    assert (frame.direction, frame.end) == (Direction.DOWN, End.ENQ)
    assert measurements(frame) == []


def test_a_body_that_cannot_be_read_is_refused():
    frame = LINE.up(0x32, Body(1, "240101100000", (MARK,)))
    broken = compose(frame, Body(1, "240101100000", (MARK, element(0x39, b"\x00\x01"))))
    with pytest.raises(ProtocolError, match="function 32: element 39: expected 2 bytes"):
        measurements(
            type(frame)(
                **{name: getattr(broken, name) for name in ("direction", "station", "centre", "function", "end")}
                | {"body": broken.body[:-1]}
            )
        )
