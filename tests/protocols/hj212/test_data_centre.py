from dataclasses import replace

import pytest

from protocols.conversation import Send
from protocols.hj212 import Decoder, ExeRtn, Packet, QnRtn, acknowledge, answer_request, encode, execution_result
from protocols.hj212 import requests as ask
from protocols.hj212.body import Address, Body
from protocols.hj212.data_centre import DataCentre
from protocols.hj212.dialogue import MAX_WAITING, Ended, Left, Noticed, Received, Unreadable

STATION = Address(mn="010000A8900016F000169DC0", st="32", pw="123456")
DATA = ((("DataTime", "20160801085857"),), (("w01018-Rtd", "1.1"),))
QNS = [f"201608010858{n:05}" for n in range(2000)]


def upload(qn=QNS[0], cn="2011", wants_answer=True, groups=DATA) -> Packet:
    return STATION.packet(Body(cn, groups), qn, wants_answer=wants_answer)


def request(body=None, qn=QNS[0]) -> Packet:
    return STATION.packet(body or ask.get_time(), qn, wants_answer=True)


def test_data_are_acknowledged_when_they_are_taken_and_not_before():
    centre, packet = DataCentre(), upload()
    assert centre.receive(packet, 0) == [Received(packet)]
    assert centre.receive(packet, 1) == [], "sent again while it is not on disk: no second copy, no answer yet"
    assert centre.taken(packet) == [Send(acknowledge(packet))]
    assert centre.taken(packet) == []
    assert centre.receive(packet, 2) == [Send(acknowledge(packet))], "its answer was lost"
    assert centre.due_s is None


def test_data_that_want_no_answer_get_none_and_come_once():
    centre, packet = DataCentre(), upload(wants_answer=False)
    assert centre.receive(packet, 0) == [Received(packet)]
    assert centre.taken(packet) == []
    assert centre.receive(packet, 0) == []


def test_data_that_could_not_be_kept_are_received_again():
    centre, packet = DataCentre(), upload()
    centre.receive(packet, 0)
    centre.not_taken(packet)
    assert centre.taken(packet) == [], "not acknowledged: it is not safe"
    assert centre.receive(packet, 1) == [Received(packet)]


def test_other_data_under_the_same_qn_are_other_data():
    centre = DataCentre()
    for packet in (upload(), upload(cn="2061"), upload(groups=DATA[:1]), replace(upload(), flag=7, pnum=2, pno=1),
                   replace(upload(), flag=7, pnum=2, pno=2), replace(upload(), mn="B")):  # fmt: skip
        assert centre.receive(packet, 0) == [Received(packet)]
        assert centre.taken(packet) == [Send(acknowledge(packet))]


@pytest.mark.parametrize("cn", ["2011", "9015"])
def test_without_qn_and_time_nothing_tells_a_copy_from_a_new_one(cn):
    """A meter that sends nothing but the same value every minute, a heartbeat without QN: both met in the field."""
    centre, packet = DataCentre(), replace(upload(cn=cn, groups=DATA[1:]), qn=None)
    for _ in range(3):
        said = centre.receive(packet, 0) + centre.receive(packet, 0)
        assert [type(outcome) for outcome in said].count(Received if cn == "2011" else Noticed) == 2
        if cn == "2011":
            assert centre.taken(packet) == [Send(acknowledge(packet))]
    timed = replace(packet, groups=DATA)
    if cn == "2011":
        assert [centre.receive(timed, 0) for _ in range(2)] == [[Received(timed)], []], "its DataTime tells"


def test_a_packet_is_known_again_whatever_it_was_read_from():
    centre, packet = DataCentre(), upload()
    (read,) = Decoder().feed(encode(packet))
    centre.receive(read, 0)
    assert centre.receive(packet, 0) == []


def test_each_part_has_an_answer_of_its_own():
    centre = DataCentre()
    parts = [replace(upload(), flag=7, pnum=2, pno=pno) for pno in (1, 2)]
    for part in parts:
        centre.receive(part, 0)
    answers = [said.frame for part in reversed(parts) for said in centre.taken(part)]
    assert [(a.cn, a.flag, a.pnum, a.pno) for a in answers] == [("9014", 6, 2, 2), ("9014", 6, 2, 1)]


@pytest.mark.parametrize("cn", ["9015", "1013"])
def test_notices_are_answered_at_once_and_told_once(cn):
    centre, packet = DataCentre(), upload(cn=cn, groups=())
    assert centre.receive(packet, 0) == [Send(acknowledge(packet)), Noticed(packet)]
    assert centre.receive(packet, 0) == [Send(acknowledge(packet))]
    assert acknowledge(packet).cn == "9013"
    silent = replace(packet, flag=4, qn=QNS[1])
    assert centre.receive(silent, 0) == [Noticed(silent)]


def test_a_bad_packet_ends_nothing():
    centre = DataCentre()
    centre.ask(request(), 0)
    (error,) = Decoder().feed(encode(upload())[:-6] + b"0000")
    assert centre.receive(error, 1) == [Unreadable(error)]
    packet = upload(QNS[5])
    assert centre.receive(packet, 1) == [Received(packet)]
    assert centre.receive(answer_request(request()), 1) == []
    assert centre.receive(execution_result(request()), 1) == [Ended(request(), ExeRtn.SUCCESS)]


def test_a_request_in_four_steps():
    centre, asked = DataCentre(over_time_s=10, execution_s=60), request()
    assert centre.ask(asked, 0) == [Send(asked)]
    assert centre.due_s == 10
    assert centre.receive(answer_request(asked), 2) == []
    assert centre.due_s == 62
    data = STATION.packet(Body("1011", ((("SystemTime", "20160801085857"),),)), QNS[0], wants_answer=False)
    assert centre.receive(data, 30) == [Received(data, asked)]
    assert centre.due_s == 90
    assert centre.receive(execution_result(asked), 31) == [Ended(asked, ExeRtn.SUCCESS)]
    assert centre.due_s is None


def test_a_request_is_sent_again_and_given_up():
    centre, asked = DataCentre(over_time_s=5, retries=2), request()
    assert centre.ask(asked, 0) == [Send(asked)]
    assert centre.wake(4.9) == []
    assert centre.wake(5) == [Send(asked)]
    assert centre.wake(9) == []
    assert centre.wake(11) == [Send(asked)]
    assert centre.wake(16) == [Ended(asked, why="no answer to 3 tries")]
    assert centre.due_s is None
    assert centre.receive(answer_request(asked), 17) == [Left(answer_request(asked), "it answers nothing that waits")]


def test_after_9011_it_is_not_sent_again():
    centre, asked = DataCentre(over_time_s=5, execution_s=60), request()
    centre.ask(asked, 0)
    centre.receive(answer_request(asked), 1)
    assert centre.wake(60.9) == []
    assert centre.wake(61) == [Ended(asked, why="no 9012 for 60 s")]


def test_data_tell_that_a_lost_9011_was_ready():
    centre, asked = DataCentre(over_time_s=5), request(ask.start_real_time_data())
    centre.ask(asked, 0)
    centre.receive(upload(QNS[0], wants_answer=False), 4)
    assert centre.wake(5) == []
    assert centre.receive(execution_result(asked, ExeRtn.BUSY), 6) == [Ended(asked, ExeRtn.BUSY)]


def test_a_lost_9011_before_9012():
    centre, asked = DataCentre(), request()
    centre.ask(asked, 0)
    assert centre.receive(execution_result(asked, ExeRtn.NO_DATA), 1) == [Ended(asked, ExeRtn.NO_DATA)]


@pytest.mark.parametrize("refusal", [QnRtn.REFUSED, QnRtn.PW_ERROR, QnRtn.CRC_ERROR, QnRtn.UNKNOWN])
def test_a_refusal(refusal):
    centre, asked = DataCentre(), request()
    centre.ask(asked, 0)
    assert centre.receive(answer_request(asked, refusal), 1) == [Ended(asked, refusal=refusal)]


def test_answers_of_the_edition_of_2005_have_their_qn_in_the_content():
    centre = DataCentre()
    asked = replace(request(), flag=1)
    centre.ask(asked, 0)
    ready = Packet(mn=asked.mn, cn="9011", st="91", flag=0, groups=((("QN", asked.qn),), (("QnRtn", "1"),)))
    done = Packet(mn=asked.mn, cn="9012", st="91", groups=((("QN", asked.qn),), (("ExeRtn", "1"),)))
    assert centre.receive(ready, 1) == []
    assert centre.receive(done, 1) == [Ended(asked, ExeRtn.SUCCESS)]


def test_requests_go_one_at_a_time():
    centre = DataCentre(over_time_s=5, retries=0)
    first, second, third = (request(qn=qn) for qn in QNS[:3])
    assert centre.ask(first, 0) == [Send(first)]
    assert centre.ask(second, 0) == []
    assert centre.ask(third, 0) == []
    assert centre.receive(execution_result(second), 1) == [
        Left(execution_result(second), "it answers nothing that waits")
    ]
    assert centre.receive(execution_result(first), 1) == [Ended(first, ExeRtn.SUCCESS), Send(second)]
    assert centre.wake(6) == [Ended(second, why="no answer to 1 tries"), Send(third)]


def test_the_notices_of_a_data_centre_end_with_9013():
    centre, asked = DataCentre(), request(ask.stop_real_time_data())
    centre.ask(asked, 0)
    assert isinstance(centre.receive(execution_result(asked), 1)[0], Left)
    assert centre.receive(acknowledge(asked), 1) == [Ended(asked, ExeRtn.SUCCESS)]


def test_an_answer_of_another_station_answers_nothing():
    centre, asked = DataCentre(), request()
    centre.ask(asked, 0)
    assert isinstance(centre.receive(replace(execution_result(asked), mn="B"), 1)[0], Left)
    assert centre.due_s == 10


def test_a_request_without_answer_waits_for_its_result_only():
    centre = DataCentre(execution_s=60)
    asked = replace(request(), flag=4)
    assert centre.ask(asked, 0) == [Send(asked)]
    assert centre.wake(59) == []
    assert centre.wake(60) == [Ended(asked, why="no 9012 for 60 s")]


@pytest.mark.parametrize("packet", [upload(cn="9014"), upload(cn="2081"), replace(request(), qn=None)])
def test_what_is_no_request_is_not_asked(packet):
    with pytest.raises(ValueError, match="no request"):
        DataCentre().ask(packet, 0)


def test_a_request_to_a_data_centre_is_left():
    packet = request(ask.set_timeouts(5, 3))
    assert DataCentre().receive(packet, 0) == [Left(packet, "a request to the data centre")]


def test_everything_is_bounded():
    centre = DataCentre(remembered=16)
    for qn in QNS[: MAX_WAITING + 1]:
        centre.ask(request(qn=qn), 0)
    assert centre.ask(request(qn="1" * 17), 0) == [Ended(request(qn="1" * 17), why="256 requests wait already")]
    for qn in QNS[:MAX_WAITING]:
        assert centre.receive(upload(qn), 0) == [Received(upload(qn), request() if qn == QNS[0] else None)]
    more = upload(QNS[MAX_WAITING])
    assert centre.receive(more, 0) == [Left(more, "256 packets wait to be taken")]
    centre.taken(upload(QNS[0]))
    assert isinstance(centre.receive(more, 0)[0], Received)
    for qn in QNS[1:MAX_WAITING]:
        centre.taken(upload(qn))
    assert len(centre._known) == 16


@pytest.mark.parametrize("start", [ask.start_real_time_data, ask.start_equipment_state])
def test_data_without_end_do_not_hold_up_the_next_request_for_ever(start):
    """A station that never says 9012 and sends on under the request's QN: 2012, which stops it, must get its turn."""
    centre, started = DataCentre(execution_s=60), request(start())
    stop = request(ask.stop_real_time_data(), QNS[1])
    centre.ask(started, 0)
    centre.ask(stop, 0)
    said = []
    for second in range(30, 301, 30):
        data = upload(cn=started.cn, groups=((("DataTime", f"20160801090{second:03}"),), *DATA[1:]))
        said += centre.receive(data, second) + centre.taken(data) + centre.wake(second)
    assert Ended(started, why="no 9012 for 60 s") in said
    assert Send(stop) in said


def test_data_of_another_station_under_the_same_qn_answer_nothing():
    centre, asked = DataCentre(), request(ask.get_history("2051", 0, 0))
    centre.ask(asked, 0)
    other = replace(upload(cn="2051"), mn="B")
    assert centre.receive(other, 1) == [Received(other)]
    assert centre.receive(upload(cn="2051"), 1) == [Received(upload(cn="2051"), asked)]
