import pytest

from protocols.hj212 import decode, encode, utc_ms
from protocols.hj212 import requests as ask
from protocols.hj212.body import Address
from protocols.hj212.remarks import remarks
from tests.protocols.golden import frames

STATION = Address(mn="010000A8900016F000169DC0", st="32", pw="123456")
QN = "20160801085857223"
AT = utc_ms("20160801085857")
BEGIN, END = utc_ms("20160801084000"), utc_ms("20160801090000")

# the contents as Appendix C of HJ 212-2017 prints them
PRINTED = [
    (ask.set_timeouts(5, 3), "1000", "OverTime=5;ReCount=3"),
    (ask.get_time(), "1011", ""),
    (ask.get_time("w01018"), "1011", "PolId=w01018"),
    (ask.set_time(AT), "1012", "SystemTime=20160801085857"),
    (ask.set_time(AT, "w01018"), "1012", "PolId=w01018;SystemTime=20160801085857"),
    (ask.get_real_time_interval(), "1061", ""),
    (ask.set_real_time_interval(30), "1062", "RtdInterval=30"),
    (ask.get_minute_interval(), "1063", ""),
    (ask.set_minute_interval(10), "1064", "MinInterval=10"),
    (ask.set_password("654321"), "1072", "NewPW=654321"),
    (ask.start_real_time_data(), "2011", ""),
    (ask.stop_real_time_data(), "2012", ""),
    (ask.start_equipment_state(), "2021", ""),
    (ask.stop_equipment_state(), "2022", ""),
    (ask.get_history("2031", BEGIN, END), "2031", "BeginTime=20160801084000;EndTime=20160801090000"),
    (ask.get_history("2041", BEGIN, END), "2041", "BeginTime=20160801084000;EndTime=20160801090000"),
    (ask.get_history("2051", BEGIN, BEGIN), "2051", "BeginTime=20160801084000;EndTime=20160801084000"),
    (ask.get_history("2061", BEGIN, END), "2061", "BeginTime=20160801084000;EndTime=20160801090000"),
    (ask.calibrate("w01018"), "3011", "PolId=w01018"),
    (ask.sample_now("w01018"), "3012", "PolId=w01018"),
    (ask.clean("w01018"), "3013", "PolId=w01018"),
    (ask.compare("w01018"), "3014", "PolId=w01018"),
    (ask.keep_sample(), "3015", ""),
    (ask.set_cycle("w01018", "000000", 2), "3016", "PolId=w01018;CstartTime=000000;Ctime=2"),
    (ask.get_cycle("w01018"), "3017", "PolId=w01018"),
    (ask.get_sample_out_time("w01018"), "3018", "PolId=w01018"),
    (ask.get_identity("w01018"), "3019", "PolId=w01018"),
    (ask.get_information("w01018", "i12001"), "3020", "PolId=w01018;InfoId=i12001"),
    (ask.get_information("w01018", "i11001", BEGIN, END), "3020",
     "PolId=w01018;InfoId=i11001;BeginTime=20160801084000;EndTime=20160801090000"),
    (ask.set_parameter("w01018", "i13004", "168.0"), "3021", "PolId=w01018;InfoId=i13004;i13004-Info=168.0"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "cn", "content"), PRINTED, ids=lambda value: value if isinstance(value, str) else "")
def test_requests_are_written_as_the_standard_prints_them(body, cn, content):
    packet = STATION.packet(body, QN, wants_answer=True)
    raw = encode(packet)
    header = f"QN={QN};ST=32;CN={cn};PW=123456;MN=010000A8900016F000169DC0;Flag=5;"
    assert raw[6:-6].decode() == f"{header}CP=&&{content}&&"
    assert decode(raw) == packet
    assert remarks(decode(raw)) == []


def test_the_example_of_the_standard_byte_by_byte():
    (example,) = [row["frame"] for row in frames("hj212", "HJ212") if row["id"] == "pub-hj212-001"]
    packet = Address(mn=STATION.mn, st="32", pw="100000").packet(ask.set_real_time_interval(30), QN, wants_answer=True)
    assert encode(packet).decode() == example + "\r\n"


def test_version_and_crc_rule_are_the_stations():
    (example,) = [row["frame"] for row in frames("hj212", "HJ212") if row["id"] == "pub-hj212-030"]
    station = Address(mn="ABCDEFG1234567", st="22", pw="123456", version=0, crc="modbus")
    packet = station.packet(ask.get_time(), "20170516010101001", wants_answer=True)
    assert encode(packet).decode()[6:-6] == example[6:-4].replace("Flag=3", "Flag=1")
    assert packet.crc == "modbus"


@pytest.mark.parametrize(
    "make",
    [
        lambda: ask.set_timeouts(0, 3),
        lambda: ask.set_timeouts(5, 100),
        lambda: ask.set_real_time_interval(29),
        lambda: ask.set_real_time_interval(3601),
        lambda: ask.set_minute_interval(7),
        lambda: ask.set_password("12345"),
        lambda: ask.set_password("12;456"),
        lambda: ask.get_history("2061", END, BEGIN),
        lambda: ask.set_cycle("w01018", "240000", 2),
        lambda: ask.set_cycle("w01018", "0000", 2),
        lambda: ask.set_cycle("w01018", "０００００0", 2),
        lambda: ask.set_cycle("w01018", "000000", 25),
        lambda: ask.calibrate(""),
        lambda: ask.calibrate("a;PolId=b"),
        lambda: ask.set_parameter("w01018", "i13004", "1,2"),
    ],
)
def test_what_the_standard_does_not_allow_is_not_asked(make):
    with pytest.raises(ValueError, match=r"expected|BeginTime"):
        make()


def test_the_initial_dialogue_in_the_order_of_the_standard():
    settings = ask.Settings(over_time_s=10, retries=3, interval_s=60, minutes=10)
    assert [body.cn for body in ask.initial_dialogue(settings, AT)] == ["1012", "1000", "1062", "1064", "2011", "2022"]
    other = settings._replace(real_time=False, states=True)
    assert [body.cn for body in ask.initial_dialogue(other, AT)][-2:] == ["2012", "2021"]


def test_what_is_missing_between_two_hours_is_asked_for():
    hour = 3_600_000
    body = ask.pull_after_gap("2061", BEGIN, BEGIN + 4 * hour, hour)
    assert body == ask.get_history("2061", BEGIN + hour, BEGIN + 3 * hour)
    assert ask.pull_after_gap("2061", BEGIN, BEGIN + 2 * hour, hour) == ask.get_history(
        "2061", BEGIN + hour, BEGIN + hour
    )
    assert ask.pull_after_gap("2061", BEGIN, BEGIN + hour, hour) is None
    assert ask.pull_after_gap("2061", BEGIN, BEGIN, hour) is None
    assert ask.pull_after_gap("2061", BEGIN, BEGIN - hour, hour) is None, "a late one is no gap"
