from datetime import UTC, datetime

import pytest

from protocols.cjt188 import Frame, decode, encode, requests
from protocols.cjt188.requests import Meter
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frames

SEEN = {
    row["id"]: row["frame"].lstrip("FE")
    for row in [*frames("cjt188", "CJT188"), *frames("cjt188", "CJT188", file="found.json")]
}
OLD = Meter(0x10, "00000019121301")
NEW = Meter(0x10, "78330011223344", "low first")
ANYONE = Meter(0x10, "AAAAAAAAAAAAAA")
WHEN = datetime(2015, 5, 11, 14, 1, 31, tzinfo=UTC)  # 22:01:31 in China


@pytest.mark.parametrize(
    ("seen", "made"),
    [
        ("pub-cjt188-001", requests.read(NEW, 0)),
        ("pub-cjt188-008", requests.read(Meter(0x10, "00201510270588"), 1)),
        ("pub-cjt188-010", requests.read(ANYONE, 0xAA)),
        ("pub-cjt188-011", requests.read_address(ANYONE, None)),
        ("pub-cjt188-012", requests.read_address(ANYONE._replace(di_order="low first"), 0xA7)),
        ("found-cjt188-009", requests.read_address()),
        ("pub-cjt188-013", requests.valve(OLD, 1, 0x66)),
        ("pub-cjt188-014", requests.valve(OLD, 1, 0x77)),
        ("pub-cjt188-015", requests.valve(OLD, 1, 0x99)),
        ("pub-cjt188-016", requests.valve(OLD, 1, 0x00)),
    ],
)
def test_requests_that_were_seen(seen, made):
    assert encode(made).hex().upper() == SEEN[seen]


@pytest.mark.parametrize(
    ("frame", "control", "data"),
    [
        (requests.read(OLD, 7, 0xD120), 0x01, "D120 07"),
        (requests.read(NEW, 7, 0xD120), 0x01, "20D1 07"),
        (requests.read_key_version(OLD, 7), 0x09, "8106 07"),
        (requests.valve(OLD, 7, 0x55), 0x04, "A017 07 55"),
        (requests.set_time(OLD, 7, WHEN), 0x04, "A015 07 31012211051520"),
        (requests.set_time(OLD, 7, WHEN, "forward"), 0x04, "A015 07 20150511220131"),
        (
            requests.write_prices(OLD, 7, (150, 200, 300), (30, 60), 1),
            0x04,
            "A010 07 500100 300000 000200 600000 000300 01",
        ),
        (requests.settlement_day(OLD, 7, 25), 0x04, "A011 07 25"),
        (requests.reading_day(NEW, 7, 25), 0x04, "12A0 07 25"),
        (requests.purchase(OLD, 7, 3, 5000), 0x04, "A013 07 03 00500000"),
        (requests.write_key(OLD, 7, 1, bytes(8)), 0x04, "A014 07 01 0000000000000000"),
        (requests.factory_enable(OLD, 7), 0x04, "A019 07"),
        (requests.write_address(OLD, 7, "78330011223344"), 0x15, "A018 07 44332211003378"),
        (requests.sync_counter(OLD, 7, 12345, 0x2C), 0x16, "A016 07 45230100 2C"),
        (requests.write(OLD, 7, 0xA104, b"\x01\x02"), 0x04, "A104 07 0102"),
    ],
)
def test_each_command_has_its_control_and_data(frame, control, data):
    assert (frame.control, frame.data) == (control, bytes.fromhex(data))
    assert decode(encode(frame)) == frame


@pytest.mark.parametrize(
    "make",
    [
        lambda: requests.read(OLD, 256),
        lambda: requests.read(OLD, -1),
        lambda: requests.read(OLD, 0, 0x10000),
        lambda: requests.valve(OLD, 0, 256),
        lambda: requests.settlement_day(OLD, 0, 100),
        lambda: requests.purchase(OLD, 0, 1, 10**8),
        lambda: requests.write_address(OLD, 0, "123"),
        lambda: encode(requests.read(Meter(0x10, "1"), 0)),
        lambda: encode(Frame(256, "0" * 14, 1)),
        lambda: encode(Frame(0x10, "0" * 14, 256)),
    ],
)
def test_what_does_not_fit_is_an_error(make):
    with pytest.raises(ProtocolError):
        make()
