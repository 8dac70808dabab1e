"""What the golden frames do not show: blocks, demands, times, commands, and what stands around a frame."""

import pytest

from protocols.dlt645 import Credentials, Frame, encode, requests
from protocols.dlt645.answer import answer
from protocols.dlt645.describe import describe
from protocols.vocabulary import ProtocolError
from tests.protocols.dlt645.test_requests import WHEN, WHO

ME = "558890213594"
TEXT = "2021-07-09 23:59:00"


def told(frame, before=b"", behind=b""):
    return describe(before + encode(frame) + behind)


def answered(di, hexadecimal, edition="2007"):
    return told(answer(requests.read(ME, di, edition=edition), ME, bytes.fromhex(hexadecimal)))


def test_a_block_is_told_item_by_item():
    block = answered(0x0201FF00, "0122FFFF0A22")
    assert (block["DI"], block["item"], block["value_raw_bcd"]) == ("0201FF00", "voltage block", "220affff2201")
    assert block["values"] == [
        {"DI": "02010100", "item": "phase A voltage", "value": 220.1, "unit": "V"},
        {"DI": "02010200", "item": "phase B voltage", "value": None, "unit": "V", "reason": "not available"},
        {"DI": "02010300", "item": "phase C voltage", "value": None, "unit": "V", "reason": "not BCD"},
    ]
    assert "value" not in block


def test_a_demand_has_a_value_and_its_time():
    demand = answered(0x01010000, "5634002309230721")
    assert (demand["value"], demand["unit"], demand["time"]) == (0.3456, "kW", "2021-07-23 09:23")


def test_times_and_digits_are_text():
    assert answered(0x04000101, "05230721")["text"] == "2021-07-23 weekday 5"
    assert answered(0x04000401, "610100000000")["text"] == "000000000161"
    assert answered(0xC011, "592309", "1997")["text"] == "09:23:59"


def test_an_event_record_is_told_by_its_beginning():
    record = answered(0x03110001, "000102030421 000203030421")
    assert record["values"][0] == {"DI": "03110001", "item": "begin", "text": "2021-04-03 02:01:00"}


@pytest.mark.parametrize(
    ("di", "data", "note"),
    [
        (0x02010100, "012200", "another width than the item has: carried as bytes"),
        (0x09000000, "01", "unlisted identifier"),
    ],
)
def test_what_cannot_be_read_is_carried(di, data, note):
    frame = answered(di, data)
    assert frame["note"] == note
    assert "value" not in frame


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (
            requests.remote_switch(ME, WHO, 0x1A, WHEN),
            {
                "password_level": "02",
                "operator": "87654321",
                "command_meaning": "trip",
                "valid_until": "2021-07-09 23:59:00",
            },
        ),
        (requests.broadcast_time(WHEN), {"time": TEXT, "address_note": "all meters; none answers"}),
        (requests.freeze(None, 1, 0, 30), {"freeze_at": "99-01 00:30"}),
        (requests.baud_rate(ME, 9600), {"baud_rate": 9600}),
        (
            requests.write_address(ME),
            {"address_in_data": ME, "address_note": "AA stands for any pair"},
        ),
        (requests.write(ME, 0x04000103, b"\x15", WHO), {"item": "maximum demand period", "data": "15"}),
        (requests.read_next(ME, 0x0001FF00, 2), {"sequence": 2, "item": "forward active energy, all tariffs"}),
        (Frame(ME, 0xB1, bytes.fromhex("00FF0100 01000000")), {"more": True, "function": "11"}),
        (Frame(ME, 0x08, b"\xff" * 6), {"time": None}),
    ],
)
def test_commands(frame, expected):
    said = told(frame)
    assert {name: said.get(name) for name in expected} == expected


def test_what_stands_around_a_frame_is_told():
    frame = told(requests.read(ME, 0), before=b"\x00\xfe\xfe", behind=b"\x1f")
    assert (frame["stray"], frame["preamble_FE"], frame["trailing"]) == ("00", 2, "1F")
    assert "stray" not in told(requests.read(ME, 0))


def test_two_frames_are_not_one():
    raw = encode(requests.read(ME, 0))
    with pytest.raises(ProtocolError, match="second frame"):
        describe(raw + raw)


@pytest.mark.parametrize("function", range(32))
@pytest.mark.parametrize("direction", [0x00, 0x80, 0xC0])
@pytest.mark.parametrize("count", [0, 1, 3, 4, 6, 8, 12, 16, 255])
def test_every_function_with_any_length_is_told(function, direction, count):
    assert told(Frame(ME, direction | function, bytes(count)))["length"] == count


def test_a_credential_is_level_password_and_operator():
    assert Credentials(2, "000000", "0").wire() == bytes.fromhex("0200000000000000")


def test_data_without_33h_or_with_it_twice_are_another_identifier():
    right = requests.read(ME, 0x02010100)
    for shift in (-0x33, 0x33):
        moved = Frame(ME, right.control, bytes((byte + shift) & 0xFF for byte in right.data))
        assert told(moved)["DI"] != "02010100"
        assert "item" not in told(moved)
