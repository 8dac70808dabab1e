from decimal import Decimal

import pytest

from protocols.hj212 import decode, encode, measurements, utc_ms
from protocols.hj212 import uploads as up
from protocols.hj212.body import Address
from protocols.hj212.remarks import remarks
from protocols.hj212.uploads import Sample
from tests.protocols.golden import frames

STATION = Address(mn="010000A8900016F000169DC0", st="32", pw="123456")
QN = "20160801085857223"
AT = utc_ms("20160801084000")
DAY = utc_ms("20160801000000")
D = Decimal

FOUR = {"Cou": D("10.5"), "Min": D("16.4"), "Avg": D("17.5"), "Max": D("20.1")}

# the contents as Appendix C of HJ 212-2017 prints them
PRINTED = [
    (up.real_time_data(AT, [Sample("w01001", {"Rtd": D("7.1")}),
                            Sample("w01018", {"Rtd": D("2.2")}, "N", "A01", utc_ms("20160801070000"))]), "2011",
     ("DataTime=20160801084000;w01001-Rtd=7.1,w01001-Flag=N;"
      "w01018-SampleTime=20160801070000,w01018-Rtd=2.2,w01018-Flag=N,w01018-EFlag=A01")),
    (up.history("2051", AT, [Sample("w00000", FOUR)]), "2051",
     "DataTime=20160801084000;w00000-Cou=10.5,w00000-Min=16.4,w00000-Avg=17.5,w00000-Max=20.1,w00000-Flag=N"),
    (up.history("2031", DAY, [Sample("Ldn", {"Data": D("50.0")}, None), Sample("Ld", {"DayData": D("52.5")}, None)]),
     "2031", "DataTime=20160801000000;Ldn-Data=50.0;Ld-DayData=52.5"),
    (up.equipment_state(AT, {"SB1": 1, "SB2": 0}), "2021", "DataTime=20160801084000;SB1-RS=1;SB2-RS=0"),
    (up.running_time(DAY, {"SB1": D("1.1"), "SB2": D("2.1")}), "2041", "DataTime=20160801000000;SB1-RT=1.1;SB2-RT=2.1"),
    (up.restart_time(AT, DAY), "2081", "DataTime=20160801084000;RestartTime=20160801000000"),
    (up.device_time(AT, "w01018"), "1011", "PolId=w01018;SystemTime=20160801084000"),
    (up.ask_for_time("w01018"), "1013", "PolId=w01018"),
    (up.real_time_interval(30), "1061", "RtdInterval=30"),
    (up.minute_interval(10), "1063", "MinInterval=10"),
    (up.kept_sample(AT, 1), "3015", "DataTime=20160801084000;VaseNo=1"),
    (up.sampling_cycle("w01018", "000000", 2), "3017", "PolId=w01018;CstartTime=000000;Ctime=2"),
    (up.sample_out_time("w01018", 40), "3018", "PolId=w01018;Stime=40"),
    (up.identity("w01018", "010000A8900016F000169DC1"), "3019", "PolId=w01018;w01018-SN=010000A8900016F000169DC1"),
    (up.identity("w01018", "010000A8900016F000169DC1", AT), "3019",
     "DataTime=20160801084000;PolId=w01018;w01018-SN=010000A8900016F000169DC1"),
    (up.information(AT, "w01018", {"i12001": "1", "i12003": "0"}), "3020",
     "DataTime=20160801084000;PolId=w01018;i12001-Info=1;i12003-Info=0"),
    (up.log(AT, "w01018", "i11001", "清洗管路; a=1, b"), "3020",
     "DataTime=20160801084000;PolId=w01018;i11001-Info=//清洗管路; a=1, b//"),
    (up.heartbeat(), "9015", ""),
]  # fmt: skip


@pytest.mark.parametrize(("body", "cn", "content"), PRINTED, ids=lambda value: value if isinstance(value, str) else "")
def test_uploads_are_written_as_the_standard_prints_them(body, cn, content):
    raw = encode(STATION.packet(body, QN, wants_answer=True))
    header = f"QN={QN};ST=32;CN={cn};PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
    assert raw[6:-6].decode() == f"{header}CP=&&{content}&&"
    read = decode(raw)
    assert read.groups == body.groups
    assert [line for line in remarks(read) if "blanks" not in line] == []


def test_the_noise_of_the_standard_byte_by_byte():
    (example,) = [row["frame"] for row in frames("hj212", "HJ212") if row["id"] == "pub-constructed-hj212-002"]
    values = {"L5": "53.0", "L10": "53.0", "L50": "49.0", "L90": "45.0", "L95": "43.0", "Leq": "50.0", "LMx": "54.0",
              "LMn": "42.0"}  # fmt: skip
    samples = [Sample(code, {"Data": D(value)}, None) for code, value in values.items()]
    station = Address(mn=STATION.mn, st="23", pw="123456")
    packet = station.packet(up.history("2051", AT, samples), "20160801085000001", wants_answer=True)
    assert encode(packet).decode() == example + "\r\n"


def test_what_is_uploaded_is_measured():
    sample = Sample("w01018", {"Avg": D("0.127"), "Max": D("-1E+1"), "Min": D("0.00011")}, "T")
    packet = decode(encode(STATION.packet(up.history("2061", AT, [sample]), QN, wants_answer=False)))
    assert [(m.suffix, m.text, m.value, m.time, m.flag) for m in measurements(packet)] == [
        ("Avg", "0.127", 0.127, AT, "T"),
        ("Max", "-10", -10.0, AT, "T"),
        ("Min", "0.00011", 0.00011, AT, "T"),
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda: up.real_time_data(AT, [Sample("a;b", {"Rtd": D(1)})]),
        lambda: up.real_time_data(AT, [Sample("a", {"Rtd": D("NaN")})]),
        lambda: up.real_time_data(AT, [Sample("a", {"Rtd": D("Infinity")})]),
        lambda: up.real_time_data(AT, [Sample("a", {"Rtd": D(1)}, "N;")]),
        lambda: up.real_time_data(AT, [Sample("a", {"=": D(1)})]),
        lambda: up.equipment_state(AT, {"SB1": 6}),
        lambda: up.real_time_interval(29),
        lambda: up.log(AT, "w01018", "i11001", "a//b"),
        lambda: up.log(AT, "w01018", "i11001", "&&"),
        lambda: up.log(AT, "w01018", "i11001", "x" * 891),
        lambda: up.identity("w01018", "a,b"),
    ],
)
def test_what_cannot_stand_in_a_packet_is_not_made(make):
    with pytest.raises(ValueError, match=r"expected|no number|allowed"):
        make()
