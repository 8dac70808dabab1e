import pytest

from protocols.dlt645 import ANYONE, EVERYBODY, Frame, Refused, check, decode, requests
from protocols.dlt645.answer import answer, refusal
from protocols.dlt645.control import error_meaning
from protocols.vocabulary import DeviceRefused, ProtocolError
from tests.protocols.golden import frames

ME, OTHER = "558890213594", "558890213595"
VOLTAGE = requests.read(ME, 0x02010100)
MANY = ("year zones", "day slots", "tariffs")
SEEN = {row["id"]: decode(bytes.fromhex(row["frame"])) for row in frames("dlt645", "DLT645") if row["accept"]}


def test_a_real_question_and_its_answer():
    parts = check(SEEN["pub-dlt645-013"], SEEN["pub-dlt645-014"])
    assert (parts.di, parts.data) == (0x02010100, bytes.fromhex("4822"))
    assert check(SEEN["pub-dlt645-017"], SEEN["pub-dlt645-018"]).data == b""


def test_an_identifier_in_the_wrong_order_is_answered_with_another_item_and_noticed():
    asked = SEEN["pub-dlt645-016"]
    with pytest.raises(ProtocolError, match="asked for 00000302, answered 02010100"):
        check(asked, SEEN["pub-dlt645-014"])


@pytest.mark.parametrize(
    ("answered", "message"),
    [
        (VOLTAGE, "an echo"),
        (answer(VOLTAGE, OTHER, b"\x01\x22"), f"asked {ME}, {OTHER} answered"),
        (Frame(ME, 0x94), "asked 11 .read., answered 14 .write."),
        (answer(requests.read(ME, 0x02010200), ME, b"\x01\x22"), "asked for 02010100, answered 02010200"),
        (Frame(ME, 0x91, b"\x00\x01"), "asked for 02010100, answered none"),
        (Frame(ME, 0x91), "answered none"),
        (Frame(ANYONE, 0x91, bytes.fromhex("000101020122")), f"asked {ME}, {ANYONE} answered"),
        (refusal(VOLTAGE, OTHER, 2), f"{OTHER} answered"),
    ],
)
def test_what_does_not_answer_the_question_is_an_error(answered, message):
    with pytest.raises(ProtocolError, match=message):
        check(VOLTAGE, answered)


@pytest.mark.parametrize("asked", [ANYONE, "AAAAAAAA3594", ME])
def test_a_wildcard_is_answered_by_whom_it_stands_for(asked):
    question = requests.read(asked, 0x02010100)
    assert check(question, answer(question, ME, b"\x01\x22")).data == b"\x01\x22"


def test_some_meters_of_1997_answer_with_the_wildcard_itself():
    question = requests.read(ANYONE, 0x9010, edition="1997")
    assert check(question, answer(question, ANYONE, bytes(4))).data == bytes(4)
    with pytest.raises(ProtocolError):
        check(requests.read("AAAAAAAA3594", 0x9010, edition="1997"), answer(question, ANYONE, bytes(4)))


def test_an_answer_does_not_come_from_a_part_of_an_address():
    question = requests.read(ANYONE, 0x9010, edition="1997")
    with pytest.raises(ProtocolError, match="AAAAAAAA3594 answered"):
        check(question, answer(question, "AAAAAAAA3594", bytes(4)))


def test_a_broadcast_is_answered_by_nobody():
    question = requests.freeze(None, None, None, None)
    assert question.address == EVERYBODY
    with pytest.raises(ProtocolError):
        check(question, answer(question, ME))


def test_the_number_of_a_part_must_be_the_one_asked_for():
    question = requests.read_next(ME, 0x0001FF00, 2)
    assert check(question, answer(question, ME, bytes(8))).data == bytes(8)
    with pytest.raises(ProtocolError, match="asked for part 2, answered 1"):
        check(question, answer(requests.read_next(ME, 0x0001FF00, 1), ME, bytes(8)))


def test_a_refusal_says_why():
    with pytest.raises(Refused, match="910004920760: read: error 04, wrong password or not authorised") as error:
        check(requests.read("910004920760", 0x02010100), SEEN["pub-dlt645-021"])
    assert isinstance(error.value, DeviceRefused)
    assert (error.value.code, error.value.function, error.value.address) == (4, 0x11, "910004920760")


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (0, "no reason given"),
        (2, "no such data"),
        (0x03, "other error, no such data"),
        (0x78, ", ".join(["baud rate cannot be changed", *(f"more {what} than allowed" for what in MANY)])),
        (0x80, "bit 7"),
    ],
)
def test_every_bit_of_an_error_is_told(code, meaning):
    assert error_meaning(code) == meaning


def test_a_refusal_without_a_byte_is_one():
    with pytest.raises(Refused, match="error 00, no reason given"):
        check(VOLTAGE, Frame(ME, 0xD1))
