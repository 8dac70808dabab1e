import pytest

from protocols.hj212 import decode
from protocols.hj212.frame import seal
from protocols.hj212.remarks import remarks
from tests.protocols.golden import frames

HEAD = "QN=20160801085857223;ST=32;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5"
QN_FORM = "characters: expected YYYYMMDDhhmmsszzz; carried as it is"
MN_FORM = "is not 24 hexadecimal digits; carried as it is"
FRACTION = "the digits behind the 14th are the fraction of the second"
RIGHT = "DataTime=20160801085857;w01018-Rtd=1.1,w01018-Flag=N"


def told(content: str = RIGHT, head: str = HEAD) -> list[str]:
    return remarks(decode(seal(f"{head};CP=&&{content}&&".encode())))


def test_a_packet_by_the_book_has_none():
    assert told() == []
    by_the_book = [row for row in frames("hj212", "HJ212") if "constructed" in row["id"]]
    found = [line for row in by_the_book for line in remarks(decode(row["frame"].encode()))]
    assert found == ["blanks around a name were passed over"], "the standard's own example of day data has one"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("QN=20160801085857223;", "", "QN is missing"),
        ("085857223", "085857", f"QN=20160801085857 has 14 {QN_FORM}"),
        ("20160801085857223", "202411123203230940", f"QN=202411123203230940 has 18 {QN_FORM}"),
        ("ST=32", "ST=99", "ST=99 is unlisted"),
        ("CN=2011", "CN=2000", "CN=2000 is unlisted: taken for an upload"),
        ("PW=123456", "PW=", "PW is empty: expected 6 characters"),
        ("PW=123456", "PW=BF470F88957588DE902D1A52", "PW has 24 characters: expected 6"),
        ("010000A8900016F000169DC0", "A110000_0001", f"MN=A110000_0001 (12 characters) {MN_FORM}"),
        (";Flag=5", "", "Flag is missing: taken for the edition of 2005, no answer wanted"),
        ("Flag=5", "Flag=7", "Flag=7 says split, and there is no PNUM: taken for one packet"),
        ("Flag=5", "Flag=5;PNUM=1;PNO=1", "PNUM is there, and Flag does not say split"),
        ("Flag=5", "Flag=7;PNUM=2", "one of PNUM and PNO is missing"),
        ("Flag=5", "Flag=5;Vendor=1", "header field Vendor is unlisted; carried"),
        (";MN", ";,MN", "a stray , in front of a header field was passed over"),
    ],
)  # fmt: skip
def test_the_header(old, new, line):
    assert told(head=HEAD.replace(old, new)) == [line]


def test_a_flag_in_capitals_is_carried_and_not_read():
    packet = decode(seal(f"{HEAD.replace('Flag=5', 'FLAG=0')};CP=&&{RIGHT}&&".encode()))
    assert packet.extra == (("FLAG", "0"),)
    assert remarks(packet)[-1] == "FLAG is not Flag: names are case sensitive; carried, not read"


def test_sent_again_is_no_quirk():
    assert told(head=HEAD.replace("Flag=5", "Flag=9;RF=1")) == []


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (RIGHT + ";", "a separator behind the last item was passed over"),
        (RIGHT.replace(";w", "; w"), "blanks around a name were passed over"),
        (RIGHT.replace(";w", ";;w"), "separators with nothing between them were passed over"),
        (RIGHT.replace("1.1,", "1.1|2,"), "| stands in a value: some devices separate with it; it is not taken apart"),
        (RIGHT.replace("5857;", "585750;"), f"DataTime=2016080108585750: {FRACTION}"),
        (RIGHT.replace("Flag=N", "Flag=Z"), "w01018-Flag=Z is unlisted: told on as the device's own"),
        (RIGHT + ";Flag=N", "Flag=N stands alone: it belongs to no factor"),
    ],
)  # fmt: skip
def test_the_content(content, line):
    assert line in told(content)


@pytest.mark.parametrize(
    ("cn", "time", "fits"),
    [("2061", "20160801080000", True), ("2061", "20160801080001", False), ("2061", "20160801081000", False),
     ("2031", "20160801000000", True), ("2031", "20160801080000", False), ("2041", "20160801000000", True),
     ("2051", "20160801084000", True), ("2051", "20160801084001", False), ("2011", "20160801084001", True)],
)  # fmt: skip
def test_the_start_of_a_period(cn, time, fits):
    content = f"DataTime={time};w01018-Rtd=1,SB1-RT=1"
    line = f"DataTime={time} is not the start of the period; carried as it is"
    assert (line not in told(content, HEAD.replace("2011", cn))) is fits
