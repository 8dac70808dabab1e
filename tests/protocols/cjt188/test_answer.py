import pytest

from protocols.cjt188 import EVERYBODY, Exchange, Frame, Refused, check, decode, requests
from protocols.cjt188.answer import answer, refusal
from protocols.cjt188.requests import Meter
from protocols.vocabulary import DeviceRefused, ProtocolError
from tests.protocols.golden import frames

ME = "78330011223344"
METER = Meter(0x10, ME)
ASKED = requests.read(METER, 7)
SEEN = {row["id"]: decode(bytes.fromhex(row["frame"])) for row in frames("cjt188", "CJT188") if row["accept"]}


def answered(asked=ASKED, meter_type=0x10, address=ME, data=bytes(19)):
    return answer(asked, meter_type, address, data)


@pytest.mark.parametrize("order", ["high first", "low first"])
def test_the_answer_mirrors_the_order_of_the_question(order):
    question = requests.read(METER._replace(di_order=order), 7)
    said = answered(question)
    assert said.data[:3] == question.data
    parts = check(question, said)
    assert (parts.di, parts.ser, parts.data) == (0x901F, 7, bytes(19))


def test_a_real_question_in_one_order_and_its_answer_in_the_other():
    assert check(SEEN["pub-cjt188-003"], SEEN["pub-cjt188-004"]).di == 0x901F


def test_a_real_question_to_anybody_and_its_answer():
    assert check(SEEN["pub-cjt188-010"], SEEN["pub-cjt188-009"]).ser == 0xAA


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (ASKED, "an echo"),
        (answered(address="78330011223345"), f"asked 10 {ME}, 10 78330011223345 answered"),
        (answered(meter_type=0x20), f"asked 10 {ME}, 20 {ME} answered"),
        (Frame(0x10, ME, 0x84, bytes.fromhex("901F07")), "asked 01 .read., answered 04 .write."),
        (answered(requests.read(METER, 8)), "asked with SER 7, answered with 8"),
        (answered(requests.read(METER, 7, 0xD120)), "asked for 901F, answered D120"),
        (Frame(0x10, ME, 0x81), "answered with None"),
        (refusal(requests.read(METER, 8), 0x10, ME), "asked with SER 7, answered with 8"),
        (refusal(ASKED, 0x10, "78330011223345"), "78330011223345 answered"),
    ],
)
def test_what_does_not_answer_the_question_is_an_error(said, message):
    with pytest.raises(ProtocolError, match=message):
        check(ASKED, said)


@pytest.mark.parametrize("meter", [Meter(0xAA, "A" * 14), Meter(0x10, "AAAAAA11223344"), METER])
def test_a_wildcard_is_answered_by_whom_it_stands_for(meter):
    question = requests.read(meter, 7)
    exchange = Exchange(question).take(answered(question))
    assert (exchange.answer.meter_type, exchange.answer.address, exchange.answer.data) == (0x10, ME, bytes(19))


def test_an_answer_does_not_come_from_a_part_of_an_address():
    question = requests.read(Meter(0x10, "A" * 14), 7)
    with pytest.raises(ProtocolError, match="AAAAAA11223344 answered"):
        check(question, answered(question, address="AAAAAA11223344"))


def test_a_question_without_ser_is_answered_with_any():
    question = requests.read_address(METER, None)
    assert check(question, Frame(0x10, ME, 0x83, bytes.fromhex("810A55"))).ser == 0x55
    assert check(question, Frame(0x10, ME, 0x83, bytes.fromhex("810A"))).ser is None


def test_a_meter_answers_with_the_address_that_it_was_given():
    question = requests.write_address(METER, 7, "11111111111111")
    for address in (ME, "11111111111111"):
        assert check(question, answered(question, address=address, data=b"")).di == 0xA018
    with pytest.raises(ProtocolError):
        check(question, answered(question, address="22222222222222"))


def test_a_broadcast_is_answered_by_nobody():
    question = requests.read(Meter(0x10, EVERYBODY), 7)
    assert not Exchange(question).wants_answer
    with pytest.raises(ProtocolError):
        check(question, answered(question))


@pytest.mark.parametrize("data", ["070200", "901F0702", "901F070200"])
def test_a_refusal_says_its_status(data):
    with pytest.raises(Refused, match=f"{ME}: read refused, status 02") as error:
        check(ASKED, Frame(0x10, ME, 0xC1, bytes.fromhex(data)))
    assert isinstance(error.value, DeviceRefused)
    assert error.value.status[:1] == b"\x02"
    assert (error.value.address, error.value.function) == (ME, 0x01)


def test_a_real_refusal():
    question = Frame(0x30, "11223344556677", 0x01, bytes.fromhex("901F01"))
    with pytest.raises(Refused, match="status 02"):
        check(question, SEEN["pub-cjt188-026"])


def test_no_answer_yet():
    assert Exchange(ASKED).answer is None
    assert Exchange(ASKED).asking == ASKED
