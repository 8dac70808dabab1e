from dataclasses import replace

import pytest

from protocols.hj212 import ExeRtn, Packet, QnRtn, acknowledge, answer_request, decode, encode, execution_result
from protocols.hj212.answers import answered_qn, exe_rtn, qn_rtn
from tests.protocols.golden import frames

GOLDEN = {row["id"]: row["frame"].encode() for row in frames("hj212", "HJ212")}
UPLOAD = Packet(mn="A", cn="2011", st="32", pw="123456", qn="20260706103512345", flag=9)


def test_data_is_acknowledged_as_a_real_centre_does_it():
    asked, answered = decode(GOLDEN["pub-hj212-010"]), GOLDEN["pub-hj212-011"]
    assert encode(acknowledge(asked)) == answered + b"\r\n"


@pytest.mark.parametrize(
    ("cn", "answer"),
    [("2011", "9014"), ("2051", "9014"), ("3020", "9014"), ("2000", "9014"), ("2081", "9014"),
     ("1013", "9013"), ("9015", "9013"), ("2012", "9013")],
)  # fmt: skip
def test_data_by_9014_and_notices_by_9013(cn, answer):
    assert acknowledge(replace(UPLOAD, cn=cn)).cn == answer


@pytest.mark.parametrize("cn", ["9011", "9012", "9013", "9014"])
def test_an_answer_is_not_answered(cn):
    with pytest.raises(ValueError, match=cn):
        acknowledge(replace(UPLOAD, cn=cn))


@pytest.mark.parametrize(("flag", "answer"), [(5, 4), (7, 4), (9, 8), (1, 0), (3, 0), (None, 0)])
def test_the_version_bits_stay_and_nothing_else(flag, answer):
    assert acknowledge(replace(UPLOAD, flag=flag)).flag == answer


def test_the_answer_uses_the_devices_crc_rule():
    assert acknowledge(replace(UPLOAD, crc="modbus")).crc == "modbus"


def test_a_part_is_acknowledged_by_its_number():
    answer = acknowledge(replace(UPLOAD, flag=7, pnum=3, pno=2))
    assert (answer.flag, answer.pnum, answer.pno) == (6, 3, 2)
    assert acknowledge(replace(UPLOAD, flag=7)).flag == 4, "without PNUM and PNO it is no part, whatever the flag says"


def test_answers_of_both_layouts_are_understood():
    since_2017 = decode(GOLDEN["pub-hj212-047"])
    of_2005 = Packet(mn="A", cn="9011", st="91", groups=((("QN", "20040516010101001"),), (("QnRtn", "1"),)))
    assert (answered_qn(since_2017), qn_rtn(since_2017)) == ("20160801085857223", QnRtn.READY)
    assert (answered_qn(of_2005), qn_rtn(of_2005)) == ("20040516010101001", QnRtn.READY)


@pytest.mark.parametrize(
    ("text", "answer", "result"),
    [("1", QnRtn.READY, ExeRtn.SUCCESS), ("9", QnRtn.CRC_ERROR, ExeRtn.FAILED), ("100", QnRtn.UNKNOWN, ExeRtn.NO_DATA),
     ("", QnRtn.UNKNOWN, ExeRtn.FAILED), ("01", QnRtn.UNKNOWN, ExeRtn.FAILED), (None, QnRtn.UNKNOWN, ExeRtn.FAILED)],
)  # fmt: skip
def test_codes_that_no_table_lists(text, answer, result):
    groups = () if text is None else ((("QnRtn", text), ("ExeRtn", text)),)
    packet = replace(UPLOAD, groups=groups)
    assert (qn_rtn(packet), exe_rtn(packet)) == (answer, result)


def test_results_of_requests():
    request = replace(UPLOAD, cn="1012", flag=5)
    assert answer_request(request, QnRtn.PW_ERROR).groups == ((("QnRtn", "3"),),)
    done = execution_result(request, ExeRtn.NO_DATA)
    assert (done.cn, done.st, done.qn, done.groups) == ("9012", "91", request.qn, ((("ExeRtn", "100"),),))
