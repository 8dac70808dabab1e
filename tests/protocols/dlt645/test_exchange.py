import pytest

from protocols.dlt645 import ANYONE, EVERYBODY, Exchange, Frame, requests
from protocols.dlt645.answer import answer
from protocols.dlt645.exchange import MAX_FOLLOWING
from protocols.vocabulary import FrameTooLong, ProtocolError

ME = "558890213594"
TARIFFS = requests.read(ANYONE, 0x0001FF00)


def grown(exchange, data, *, more):
    return exchange.take(answer(exchange.asking, ME, data, more=more))


def test_one_part():
    exchange = grown(Exchange(TARIFFS), bytes(8), more=False)
    assert exchange.answer.data == bytes(8)
    assert (exchange.answer.address, exchange.answer.di, exchange.answer.edition) == (ME, 0x0001FF00, "2007")


def test_parts_are_asked_for_at_the_address_that_answered_and_joined():
    exchange = grown(Exchange(TARIFFS), b"\x01" * 4, more=True)
    assert exchange.answer is None
    assert exchange.asking == requests.read_next(ME, 0x0001FF00, 1)
    exchange = grown(exchange, b"\x02" * 4, more=True)
    assert exchange.asking == requests.read_next(ME, 0x0001FF00, 2)
    exchange = grown(exchange, b"\x03" * 4, more=False)
    assert exchange.answer.data == b"\x01" * 4 + b"\x02" * 4 + b"\x03" * 4


def test_1997_numbers_no_parts():
    exchange = grown(Exchange(requests.read(ME, 0x901F, edition="1997")), b"\x01" * 4, more=True)
    assert exchange.asking == Frame(ME, 0x02, bytes.fromhex("1F90"))
    exchange = grown(exchange, b"\x02" * 4, more=False)
    assert (exchange.answer.data, exchange.answer.edition) == (b"\x01" * 4 + b"\x02" * 4, "1997")


def test_a_part_that_comes_again_is_not_the_next():
    first = answer(TARIFFS, ME, bytes(4), more=True)
    with pytest.raises(ProtocolError):
        Exchange(TARIFFS).take(first).take(first)


def test_parts_that_never_end_are_cut_off():
    exchange = Exchange(TARIFFS)
    for _ in range(MAX_FOLLOWING):
        exchange = grown(exchange, b"\x01", more=True)
    with pytest.raises(FrameTooLong, match="255 parts"):
        grown(exchange, b"\x01", more=True)
    assert len(grown(exchange, b"\x01", more=False).answer.data) == MAX_FOLLOWING + 1


def test_an_address_that_was_read():
    question = requests.read_address()
    exchange = Exchange(question).take(answer(question, ME, bytes.fromhex("943521908855")))
    assert (exchange.answer.address, exchange.answer.data.hex()) == (ME, "943521908855")


def test_nobody_answers_a_broadcast():
    assert not Exchange(Frame(EVERYBODY, 0x08)).wants_answer
    assert Exchange(TARIFFS).wants_answer
