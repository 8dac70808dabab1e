from protocols.dlt645 import requests
from protocols.dlt645.explain import explain
from protocols.dlt645.frame import encode
from tests.protocols.dlt645.test_requests import WHEN, WHO

VOLTAGE = bytes.fromhex("FEFE686101000000006891063334343534431016")


def rows(raw):
    return [(raw[field.start : field.end].hex().upper(), field.name, field.meaning) for field in explain(raw)]


def test_an_answer():
    assert rows(VOLTAGE) == [
        ("FEFE", "FE", "2 to wake the receiver"),
        ("68", "68", "start"),
        ("610100000000", "address", "000000000161, low pair first"),
        ("68", "68", "start again"),
        ("91", "control", "from the meter, read"),
        ("06", "L", "6 bytes of data"),
        ("33343435", "DI", "02010100: phase A voltage"),
        ("3443", "phase A voltage", "100.1 V"),
        ("10", "CS", "right: the sum of all from the first 68"),
        ("16", "16", "end"),
    ]


def test_a_wrong_checksum_is_told_in_its_row():
    assert rows(VOLTAGE[:-2] + b"\x11\x16")[-2:] == [("11", "CS", "10 is right"), ("16", "16", "end")]


def test_a_frame_cut_off_is_told_as_far_as_it_goes():
    assert rows(VOLTAGE[:14]) == [
        *rows(VOLTAGE)[:6],
        ("3334", "data", "less 33H: 00 01; cut off: 2 of 6 bytes"),
    ]


def test_a_command():
    told = {name: meaning for _, name, meaning in rows(encode(requests.remote_switch("1" * 12, WHO, 0x1A, WHEN)))}
    assert told["PA P0 P1 P2"] == "level 02, password"
    assert told["C0 C1 C2 C3"] == "operator 87654321"
    assert told["data"] == "less 33H: 1A 00 00 59 23 09 07 21"


def test_an_error_a_stray_byte_and_a_modems():
    told = rows(bytes.fromhex("00FE6860079204009168D1013767161F"))
    assert told[0] == ("00", "stray", "belongs to no frame")
    assert ("37", "ERR", "04: wrong password or not authorised") in told
    assert told[-1][:2] == ("1F", "trailing")


def test_bytes_that_are_no_frame():
    assert rows(b"\x11\x22")[0] == ("11", "68", "68 is right")
    assert rows(b"") == []
