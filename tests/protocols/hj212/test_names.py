import pytest

from protocols.hj212 import Packet, decode
from protocols.hj212.frame import seal
from protocols.hj212.names import is_upload, meaning_of, wrong_items
from tests.protocols.golden import frames


def read(cn: str, content: str, flag: int = 5) -> Packet:
    return decode(seal(f"QN=20160801085857223;ST=32;CN={cn};MN=A;Flag={flag};CP=&&{content}&&".encode()))


@pytest.mark.parametrize(
    ("cn", "content", "upload"),
    [
        ("2011", "", False),
        ("2011", "DataTime=20160801085857;w01018-Rtd=1", True),
        ("2051", "BeginTime=20160801085857;EndTime=20160801085857", False),
        ("2051", "BeginTime=20160801085857,EndTime=20160801085857", False),
        ("2051", "DataTime=20160801085857;w01018-Avg=1", True),
        ("1011", "", False),
        ("1011", "PolId=w01018", False),
        ("1011", "PolId=w01018;SystemTime=20160801085857", True),
        ("1061", "", False),
        ("1061", "RtdInterval=30", True),
        ("3017", "PolId=w01018", False),
        ("3017", "PolId=w01018;CstartTime=000000;CTime=2", True),
        ("3018", "PolId=w01018", False),
        ("3018", "PolId=w01018;Stime=40", True),
        ("3019", "PolId=w01018", False),
        ("3019", "PolId=w01018;w01018-SN=010000A8900016F000169DC1", True),
        ("3020", "PolId=w01018;InfoId=i12001", False),
        ("3020", "DataTime=20160801085857;PolId=w01018;i12001-Info=1", True),
        ("3015", "", False),
        ("3015", "DataTime=20160801085857;VaseNo=1", True),
        ("2081", "DataTime=20160801085857;RestartTime=20160801085857", True),
        ("1062", "RtdInterval=30", False),
        ("9014", "", False),
    ],
)
def test_whether_a_packet_brings_data(cn, content, upload):
    assert is_upload(read(cn, content)) is upload


@pytest.mark.parametrize(
    ("name", "value", "meaning"),
    [
        ("w01018-Rtd", "2.2", "化学需氧量 real-time value, mg/L by the table"),
        ("011-Avg", "2.2", "化学需氧量 mean, mg/L by the table"),
        ("w01018-Cou", "2.2", "化学需氧量 discharged amount, kg by the table"),
        ("w01001-Min", "7", "pH 值 minimum"),
        ("w01018-Flag", "D", "化学需氧量 data flag: device fault"),
        ("w01018-Flag", "?", "化学需氧量 data flag"),
        ("LA-Rtd", "50.1", "A权声级 real-time value, dB by the table"),
        ("SB1-RS", "1", "SB1 state: running"),
        ("SB1-RS", "7", "SB1 state; expected 0-5"),
        ("w99999-Rtd", "1", "w99999 real-time value"),
        ("w01018-Rtd", "--", "化学需氧量 real-time value; expected number, mg/L by the table"),
        ("PolId", "w01018", "factor: 化学需氧量"),
        ("QnRtn", "9", "answer: crc error"),
        ("ExeRtn", "100", "result: no data"),
        ("CTime", "25", "sampling cycle; expected hours, 1-24"),
        ("RtdInterval", "29", "real-time interval; expected seconds, 30-3600"),
        ("OverTime", "5", "timeout, seconds"),
        ("Stime", "40", "sample-out time, minutes"),
        ("s10003", "23.2", "unlisted"),
        ("w01018-Ori", "1", "化学需氧量 unlisted"),
    ],
)
def test_what_an_item_means(name, value, meaning):
    assert meaning_of(name, value) == meaning


@pytest.mark.parametrize(
    ("cn", "content", "told"),
    [
        ("1000", "OverTime=5", ["1000: ReCount is missing"]),
        ("1000", "OverTime=0;ReCount=100", ["OverTime=0: expected seconds, 1-99", "ReCount=100: expected 1-99"]),
        ("1064", "MinInterval=7", ["MinInterval=7: expected minutes, 1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30"]),
        ("1072", "NewPW=12345", ["NewPW=12345: expected 6 characters"]),
        ("2031", "BeginTime=20160801000000", ["2031: EndTime is missing"]),
        ("2021", "DataTime=20160801085857", ["2021: *-RS is missing"]),
        ("3016", "PolId=a;CstartTime=240000;Ctime=1", ["CstartTime=240000: expected hhmmss"]),
        ("9011", "", ["9011: QnRtn is missing"]),
        ("9012", "ExeRtn=7", ["ExeRtn=7: expected 1-6 or 100"]),
        ("2011", "", []),
        ("2000", "DataTime=1", ["DataTime=1: expected YYYYMMDDhhmmss, local"]),
    ],
)
def test_what_a_content_lacks_or_has_otherwise(cn, content, told):
    assert wrong_items(read(cn, content)) == told


@pytest.mark.parametrize("interval", [30, 31, 99, 100, 999, 1000, 2999, 3000, 3599, 3600])
def test_all_real_time_intervals_are_right(interval):
    assert wrong_items(read("1062", f"RtdInterval={interval}")) == []


@pytest.mark.parametrize("interval", [0, 29, 3601, 3700, 4000, 10000])
def test_other_real_time_intervals_are_not(interval):
    assert len(wrong_items(read("1062", f"RtdInterval={interval}"))) == 1


def test_a_later_part_may_leave_names_to_the_first():
    packet = decode(seal(b"ST=32;CN=2021;MN=A;Flag=7;PNUM=2;PNO=2;CP=&&a-Rtd=1&&"))
    assert wrong_items(packet) == []


def test_the_table_agrees_with_every_right_frame_of_the_collection():
    """What the frames of devices and of the standard carry is what the table of commands says they carry."""
    rows = [row for row in frames("hj212", "HJ212") if row["kind"] != "crc_only"]
    right = [row for row in rows if row["accept"] or row.get("accept_in_modbus_crc_mode")]
    assert len(right) == 44
    assert {row["id"]: wrong_items(decode(row["frame"].encode(), "either")) for row in right} == {
        row["id"]: [] for row in right
    }
