from dataclasses import replace

import pytest

from protocols.conversation import Send
from protocols.hj212 import Decoder, ExeRtn, Packet, QnRtn, acknowledge, answer_request, encode, execution_result
from protocols.hj212 import requests as ask
from protocols.hj212 import uploads as up
from protocols.hj212.body import Address, Body
from protocols.hj212.dialogue import MAX_WAITING, Asked, Delivered, Left, Undelivered, Unreadable
from protocols.hj212.station import REMEMBERED, Station

ADDRESS = Address(mn="010000A8900016F000169DC0", st="32", pw="123456")
QNS = [f"201608010858{n:05}" for n in range(2000)]


def data(qn=QNS[0], wants_answer=True, **more) -> Packet:
    return replace(ADDRESS.packet(Body("2011", ((("a-Rtd", "1"),),)), qn, wants_answer=wants_answer), **more)


def request(body=None, qn=QNS[0], **more) -> Packet:
    return replace(ADDRESS.packet(body or ask.get_time(), qn, wants_answer=True), **more)


def test_an_upload_and_its_acknowledgement():
    station, packet = Station(ADDRESS), data()
    assert station.send(packet, 0) == [Send(packet)]
    assert station.due_s == 10
    assert station.receive(acknowledge(packet), 1) == [Delivered(packet)]
    assert (station.due_s, station.waiting) == (None, 0)
    assert station.receive(acknowledge(packet), 1) == [Left(acknowledge(packet), "it answers nothing that waits")]


def test_an_upload_is_sent_again_and_given_up():
    station, packet = Station(ADDRESS, over_time_s=5, retries=2), data()
    station.send(packet, 0)
    assert station.wake(4.9) == []
    assert station.wake(5) == [Send(packet)]
    assert station.wake(10) == [Send(packet)]
    assert station.wake(15) == [Undelivered(packet, "no acknowledgement after 3 tries")]
    assert station.due_s is None


def test_what_wants_no_answer_does_not_wait():
    station = Station(ADDRESS)
    assert station.send(data(wants_answer=False), 0) == [Send(data(wants_answer=False))]
    assert station.due_s is None


def test_a_notice_is_answered_by_9013_only():
    station = Station(ADDRESS)
    beat = ADDRESS.packet(up.heartbeat(), QNS[0], wants_answer=True)
    station.send(beat, 0)
    assert isinstance(station.receive(replace(acknowledge(beat), cn="9014"), 0)[0], Left)
    assert station.receive(acknowledge(beat), 0) == [Delivered(beat)]


def test_acknowledgements_find_their_part():
    station = Station(ADDRESS)
    parts = [data(flag=7, pnum=3, pno=pno) for pno in (1, 2, 3)]
    for part in parts:
        station.send(part, 0)
    assert station.receive(acknowledge(parts[1]), 0) == [Delivered(parts[1])]
    assert isinstance(station.receive(acknowledge(parts[1]), 0)[0], Left), "came twice"
    bare = replace(acknowledge(parts[0]), flag=4, pnum=None, pno=None)
    assert station.receive(bare, 0) == [Delivered(parts[0])], "a data centre that leaves PNO out"
    assert station.receive(bare, 0) == [Delivered(parts[2])]


def test_an_acknowledgement_of_2005_has_its_qn_in_the_content():
    station = Station(replace(ADDRESS, version=0))
    packet = data(flag=1)
    station.send(packet, 0)
    answer = Packet(mn=ADDRESS.mn, cn="9014", st="91", groups=((("QN", QNS[0]),), (("CN", "2011"),)))
    assert station.receive(answer, 0) == [Delivered(packet)]


def test_a_request_is_handed_out_once_and_answered_again():
    station, asked = Station(ADDRESS), request()
    ready = answer_request(asked)
    assert station.receive(asked, 0) == [Send(ready), Asked(asked)]
    assert station.receive(asked, 1) == [Send(ready)], "9011 was lost"
    time = ADDRESS.packet(up.device_time(0), QNS[0], wants_answer=False)
    assert station.answer(asked, [time], now_s=2) == [Send(time), Send(execution_result(asked))]
    assert station.receive(asked, 3) == [Send(ready), Send(time), Send(execution_result(asked))], "9012 was lost"
    with pytest.raises(ValueError, match="no request that waits"):
        station.answer(asked, now_s=4)


def test_data_that_answer_a_request_may_want_an_acknowledgement():
    station, asked = Station(ADDRESS), request(ask.start_real_time_data())
    station.receive(asked, 0)
    station.answer(asked, [data(QNS[0])], now_s=0)
    assert station.waiting == 1
    assert station.receive(acknowledge(data(QNS[0])), 1) == [Delivered(data(QNS[0]))]


@pytest.mark.parametrize(
    ("wrong", "answer"),
    [
        ({"pw": "654321"}, QnRtn.PW_ERROR),
        ({"pw": None}, QnRtn.PW_ERROR),
        ({"mn": "B"}, QnRtn.MN_ERROR),
        ({"st": "22"}, QnRtn.ST_ERROR),
        ({"flag": 13}, QnRtn.FLAG_ERROR),
        ({"qn": "20160801"}, QnRtn.QN_ERROR),
        ({"qn": None}, QnRtn.QN_ERROR),
        ({"cn": "3016"}, QnRtn.CN_ERROR),
    ],
)
def test_what_is_wrong_with_a_request_is_answered(wrong, answer):
    station, asked = Station(ADDRESS, frozenset({"1011"})), request(**wrong)
    assert station.receive(asked, 0) == [Send(answer_request(asked, answer))]
    assert station.receive(asked, 0) == [Send(answer_request(asked, answer))]


def test_a_request_that_wants_no_answer_gets_none():
    station, asked = Station(ADDRESS), request(flag=4)
    assert station.receive(asked, 0) == [Asked(asked)]
    assert station.receive(asked, 0) == []
    assert station.answer(asked, [data(wants_answer=False)], now_s=0) == [Send(data(wants_answer=False))]
    wrong = request(flag=4, pw="x", qn=QNS[1])
    assert station.receive(wrong, 0) == [Left(wrong, "PW_ERROR")]


def test_system_interaction_is_every_stations_system():
    assert isinstance(Station(ADDRESS).receive(request(st="91"), 0)[1], Asked)


def test_a_wrong_crc_is_answered_by_9_and_carried_out_never():
    station, asked = Station(ADDRESS), request()
    (error,) = Decoder().feed(encode(asked)[:-6] + b"0000")
    assert station.receive(error, 0) == [Unreadable(error), Send(answer_request(asked, QnRtn.CRC_ERROR))]
    assert isinstance(station.receive(asked, 1)[1], Asked), "and the same request, right this time, is carried out"


@pytest.mark.parametrize(
    "packet",
    [request(mn="B"), request(flag=4), acknowledge(data()), request(ask.stop_real_time_data()), data(cn="2081")],
)
def test_a_wrong_crc_of_anything_else_is_passed_over(packet):
    (error,) = Decoder().feed(encode(packet)[:-6] + b"0000")
    assert Station(ADDRESS).receive(error, 0) == [Unreadable(error)]


@pytest.mark.parametrize("raw", [b"##0004&&&&0000", b"##1025", b"nonsense##0001", b"##0010##0010##00100000"])
def test_garbage_is_passed_over(raw):
    for error in Decoder().feed(raw):
        assert Station(ADDRESS).receive(error, 0) == [Unreadable(error)]


def test_a_notice_of_the_data_centre():
    station, stop = Station(ADDRESS), request(ask.stop_real_time_data())
    assert station.receive(stop, 0) == [Send(acknowledge(stop)), Asked(stop)]
    assert station.receive(stop, 0) == [Send(acknowledge(stop))]
    assert station.answer(stop, now_s=0) == []
    assert isinstance(station.receive(request(ask.stop_real_time_data(), mn="B"), 0)[0], Left)


def test_1000_changes_the_timeouts_of_this_end():
    station, asked = Station(ADDRESS), request(ask.set_timeouts(2, 1))
    station.receive(asked, 0)
    station.answer(asked, now_s=0)
    station.send(data(), 100)
    assert station.wake(102) == [Send(data())]
    assert station.wake(104) == [Undelivered(data(), "no acknowledgement after 2 tries")]


def test_1072_changes_the_password_of_this_end():
    station, asked = Station(ADDRESS), request(ask.set_password("654321"))
    station.receive(asked, 0)
    assert station.answer(asked, now_s=0)[0].frame.pw == "123456", "the old one is in force until it is answered"
    assert station.address.pw == "654321"
    assert station.receive(request(qn=QNS[1]), 0)[0].frame.first("QnRtn") == "3"
    assert isinstance(station.receive(request(qn=QNS[2], pw="654321"), 0)[1], Asked)


def test_what_failed_changes_nothing():
    station = Station(ADDRESS)
    for qn, body in zip(QNS, (ask.set_password("654321"), ask.set_timeouts(1, 1)), strict=False):
        station.receive(request(body, qn), 0)
        station.answer(request(body, qn), result=ExeRtn.FAILED, now_s=0)
    assert station.address == ADDRESS
    station.send(data(), 0)
    assert station.due_s == 10


def test_data_to_a_station_are_left():
    packet = data(cn="2081")
    assert Station(ADDRESS).receive(packet, 0) == [Left(packet, "data to a station")]


@pytest.mark.parametrize("packet", [data(qn=None), acknowledge(data())])
def test_what_cannot_be_acknowledged_is_not_sent(packet):
    with pytest.raises(ValueError, match="CN"):
        Station(ADDRESS).send(packet, 0)


def test_everything_is_bounded():
    station = Station(ADDRESS)
    for qn in QNS[:MAX_WAITING]:
        station.send(data(qn), 0)
    more = data(QNS[MAX_WAITING])
    assert station.send(more, 0) == [Undelivered(more, "256 packets wait for their acknowledgement")]
    for qn in QNS:
        station.receive(request(qn=qn), 0)
    assert len(station._replies) == REMEMBERED
    assert len(station._open) <= REMEMBERED + 1
