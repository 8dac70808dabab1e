from datetime import UTC, datetime

import pytest

from protocols.hj212 import Packet, decode, local_stamp, measurements, qn_of, quality_of, utc_ms
from protocols.hj212.frame import seal
from protocols.hj212.measurement import number
from protocols.vocabulary import ProtocolError, Quality, Reason


def read(content: str) -> Packet:
    return decode(seal(f"ST=22;CN=2011;MN=A;CP=&&{content}&&".encode()))


def test_values_with_their_flag_time_and_statistic():
    packet = read(
        "DataTime=20160801084000;w01001-Rtd=7.1,w01001-Flag=N;"
        "w01018-SampleTime=20160801070000,w01018-Rtd=2.2,w01018-ZsRtd=2.4,w01018-Flag=T,w01018-EFlag=A01;SB1-RS=1"
    )
    found = measurements(packet)
    assert [(m.factor, m.suffix, m.value, m.flag, m.eflag) for m in found] == [
        ("w01001", "Rtd", 7.1, "N", None),
        ("w01018", "Rtd", 2.2, "T", "A01"),
        ("w01018", "ZsRtd", 2.4, "T", "A01"),
        ("SB1", "RS", 1.0, None, None),
    ]
    data, sample = utc_ms("20160801084000"), utc_ms("20160801070000")
    assert [m.time for m in found] == [data, sample, sample, data]
    assert [m.quality for m in found] == [2, 3, 3, 2]


@pytest.mark.parametrize(
    ("flag", "quality", "reason"),
    [
        ("N", Quality.NOT_EVALUATED, Reason.NONE),
        (None, Quality.NOT_EVALUATED, Reason.NONE),
        ("S", Quality.NOT_EVALUATED, Reason.MANUAL),
        ("M", Quality.NOT_EVALUATED, Reason.MAINTENANCE),
        ("C", Quality.NOT_EVALUATED, Reason.CALIBRATION),
        ("T", Quality.SUSPECT, Reason.INSTRUMENT_RANGE),
        ("F", Quality.FAIL, Reason.STOPPED),
        ("D", Quality.FAIL, Reason.DEVICE_FAULT),
        ("B", Quality.FAIL, Reason.LINK_FAULT),
        ("Z", Quality.NOT_EVALUATED, Reason.DEVICE_FLAG),
        ("n", Quality.NOT_EVALUATED, Reason.DEVICE_FLAG),
    ],
)
def test_data_flags(flag, quality, reason):
    assert quality_of(flag) == (quality, reason)


def test_a_flag_belongs_to_the_factor_of_its_own_group():
    first, second = measurements(read("a-Rtd=1,a-Flag=D;a-Rtd=2"))
    assert (first.flag, second.flag) == ("D", None)


def test_what_is_no_number_is_missing_and_says_so():
    (found,) = measurements(read("w01001-Rtd=--,w01001-Flag=N"))
    assert (found.value, found.quality, found.reasons) == (None, Quality.MISSING, Reason.INVALID_VALUE)


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7.0), ("-0.0", 0.0), ("+5", 5.0), ("0.00011", 0.00011), (".5", 0.5), ("5.", 5.0), ("1e-3", 0.001)],
)
def test_numbers(text, value):
    assert number(text) == value


@pytest.mark.parametrize(
    "text",
    ["", " 5", "5 ", "1,5", "１２", "²", "0x10", "1_000", "nan", "NaN", "inf", "infinity", "1e999", "1e5000", "--1",
     ".", "1.2.3", "9" * 400, "5\n", "N"],
)  # fmt: skip
def test_no_numbers(text):
    assert number(text) is None


def test_without_a_time_there_is_none():
    assert measurements(read("LA-Rtd=50.1"))[0].time is None


def test_times_are_china_standard_time():
    right = int(datetime(2016, 8, 1, 0, 40, tzinfo=UTC).timestamp() * 1000)
    assert utc_ms("20160801084000") == right
    assert utc_ms("20160801084000007") == right + 7
    assert local_stamp(right + 999) == "20160801084000"
    assert qn_of(right + 7) == "20160801084000007"
    assert utc_ms("2024112320423050") == utc_ms("20241123204230") + 500  # 16 digits, met in the field
    assert utc_ms("20240229000000") < utc_ms("20240301000000")


@pytest.mark.parametrize(
    "text",
    ["", "202411123203230940", "20241301000000", "20230229000000", "20240101240000",
     "20240101235960", "00000101000000", "2024010100000", "２０２４0101000000", "2024-01-01T00", "20240101000000Z"],
)  # fmt: skip
def test_a_malformed_time_is_refused(text):
    with pytest.raises(ProtocolError, match="time"):
        utc_ms(text)
    with pytest.raises(ProtocolError, match="time"):
        measurements(read(f"DataTime={text};a-Rtd=1"))
    with pytest.raises(ProtocolError, match="time"):
        measurements(read(f"a-SampleTime={text},a-Rtd=1"))


def test_what_is_sent_again_says_so():
    (found,) = measurements(decode(seal(b"ST=22;CN=2011;MN=A;Flag=9;RF=1;CP=&&a-Rtd=1,a-Flag=M&&")))
    assert (found.value, found.quality) == (1.0, Quality.NOT_EVALUATED)
    assert found.reasons == Reason.BACKFILLED | Reason.MAINTENANCE
    (found,) = measurements(decode(seal(b"ST=22;CN=2011;MN=A;Flag=9;RF=0;CP=&&a-Rtd=1&&")))
    assert found.reasons == Reason.NONE
