from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.checksums import RunningCrc16, crc16_modbus
from protocols.sl651 import Direction, End, Frame, Mode, Packet, decode, encode
from protocols.sl651.layout import ASCII, HEX
from protocols.sl651.stations import address, printed, role
from protocols.vocabulary import ProtocolError

KEEP_ALIVE = bytes.fromhex("7E7E01001234567812342F0008020003591011155111036BCA")
FRAME = decode(KEEP_ALIVE)


def sealed(hexadecimal: str) -> bytes:
    return HEX.seal(bytes.fromhex(hexadecimal))


def refused(raw: bytes) -> str:
    with pytest.raises(ProtocolError) as error:
        decode(raw)
    assert "\n" not in str(error.value)
    assert error.value.raw
    return str(error.value)


def test_a_real_keep_alive():
    assert (
        Frame(
            direction=Direction.UP,
            station="0012345678",
            centre=1,
            password="1234",
            function=0x2F,
            body=bytes.fromhex("0003591011155111"),
            end=End.ETX,
        )
        == FRAME
    )
    assert (FRAME.serial, FRAME.send_time, FRAME.content) == (3, "591011155111", b"")


def test_the_directions_write_their_addresses_in_opposite_order():
    down = replace(FRAME, direction=Direction.DOWN, end=End.EOT)
    assert encode(FRAME)[2:8].hex() == "010012345678"
    assert encode(down)[2:8].hex() == "001234567801"
    assert encode(down)[11:13].hex() == "8008"
    assert decode(encode(down)) == down


def test_a_length_that_is_not_that_of_the_body_is_told_with_both_values():
    right = sealed("7E7E01001234567812342F000802000359101115511103")
    assert right == KEEP_ALIVE
    longer = sealed("7E7E01001234567812342F000902000359101115511103")
    assert refused(longer) == "length field says 9, the body has 8 bytes"
    assert refused(KEEP_ALIVE + b"\x00") == "length field says 8, the body has 9 bytes"
    assert refused(KEEP_ALIVE[:-3]) == "length field says 8, the body has 5 bytes"


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (KEEP_ALIVE[:-2] + b"\xca\x6b", "CRC: found CA6B, 6BCA is right (it came low byte first)"),
        (KEEP_ALIVE[:-2] + b"\x00\x00", "CRC: found 0000, 6BCA is right"),
        (sealed("7E7E01001234567812342F000802000359101115511107"), "found 07"),
        (sealed("7E7E01001234567812342F000801000359101115511103"), "expected 02 (STX) or 16 (SYN), found 01"),
        (sealed("7E7E01001234567812342F400802000359101115511103"), "expected 0 (up) or 8 (down), found 4 in 4008"),
        (sealed("7E7E01001234567812342F00000203"), "length field says 0: expected 1 at least"),
        (sealed("7E7E010012345678123436000216001003"), "length field says 2: expected 3 at least"),
        (sealed("7E7E010012345678123436000416001002AA03"), "packet 2 of 1: expected 1 to the total"),
        (sealed("7E7E010012345678123436000416001000AA03"), "packet 0 of 1: expected 1 to the total"),
        (sealed("7E7E010012345678123436000416000000AA03"), "packet 0 of 0: expected 1 to the total"),
        (b"\x7e\x7e\x01", "frame of 3 bytes ends in its header of 14 bytes"),
        (b"\x7f\x7e\x01", "start: expected 7E7E (HEX mode) or 01 (ASCII mode), found 7F7E"),
        (b"\x01" + b"0" * 21 + b"G\x02", "header: expected hexadecimal characters"),
    ],
)
def test_what_is_no_frame_is_told(raw, told):
    assert told in refused(raw)


@pytest.mark.parametrize("at", range(1, len(KEEP_ALIVE)))
def test_a_frame_cut_anywhere_is_refused(at):
    refused(KEEP_ALIVE[:at])


def test_an_empty_frame_is_refused():
    with pytest.raises(ProtocolError):
        decode(b"")


def test_hex_mode_in_ascii_and_the_other_way_are_refused():
    text = encode(replace(FRAME, mode=Mode.ASCII, body=b"0003591011155111"))
    assert decode(text).serial == 3
    assert "start of body" in refused(b"\x7e\x7e" + text[1:])
    assert "hexadecimal characters" in refused(b"\x01" + KEEP_ALIVE[2:])


def test_ascii_mode_reads_lower_case_and_writes_upper_case():
    frame = replace(FRAME, mode=Mode.ASCII, password="ABCD", body=b"0003591011155111")
    lower = encode(frame)[:-4].replace(b"ABCD", b"abcd")
    raw = lower + f"{crc16_modbus(lower):04x}".encode()
    assert decode(raw) == frame
    assert encode(decode(raw)) == encode(frame)


def test_the_crc_of_ascii_mode_is_over_the_characters():
    raw = encode(replace(FRAME, mode=Mode.ASCII, body=b"0003591011155111"))
    assert raw[-4:] == f"{crc16_modbus(raw[:-4]):04X}".encode()


def test_packets_of_a_station_use_the_whole_length_field():
    big = replace(FRAME, body=bytes(5000), packet=Packet(2, 1), end=End.ETB)
    assert decode(encode(big)) == big
    assert encode(big)[11:13] == (5003).to_bytes(2, "big")
    with pytest.raises(ProtocolError, match="body of 5000 bytes: expected 1 to 4095"):
        encode(replace(big, packet=None))
    # a length field 8xxx would be read as a centre's
    with pytest.raises(ProtocolError):
        encode(replace(big, body=bytes(0x8000)))
    with pytest.raises(ProtocolError):
        encode(replace(big, body=bytes(0x10000)))
    for mode, direction in ((Mode.ASCII, Direction.UP), (Mode.HEX, Direction.DOWN)):
        with pytest.raises(ProtocolError):
            encode(replace(big, mode=mode, direction=direction))


@pytest.mark.parametrize(
    "change",
    [
        {"station": "001234567"},
        {"station": "00123456789"},
        {"station": "001234567a"},
        {"station": "001234567x"},
        {"password": "123"},
        {"password": "12３4"},
        {"centre": 256},
        {"centre": -1},
        {"function": 256},
        {"body": b""},
        {"body": bytes(4096)},
        {"packet": Packet(0, 0)},
        {"packet": Packet(2, 3)},
        {"packet": Packet(4096, 1)},
    ],
)
def test_what_cannot_be_written_is_refused(change):
    with pytest.raises(ProtocolError):
        encode(replace(FRAME, **change))


def test_later_packets_have_no_serial_number():
    part = replace(FRAME, packet=Packet(3, 2), body=b"\xff")
    assert (part.serial, part.send_time, part.content, part.is_part) == (None, None, b"\xff", True)
    # the packet number of a centre says what it is about: its body is whole
    nak = replace(FRAME, direction=Direction.DOWN, packet=Packet(3, 2), end=End.NAK)
    assert (nak.serial, nak.send_time, nak.is_part) == (3, "591011155111", False)


def test_a_body_without_serial_number_or_decimal_time_says_so():
    with pytest.raises(ProtocolError, match="body of 3 bytes: expected serial number and send time, 8 bytes"):
        _ = replace(FRAME, body=b"abc").serial
    with pytest.raises(ProtocolError, match="send time: FA1011155111 has a digit above 9"):
        _ = replace(FRAME, body=bytes.fromhex("0003FA1011155111")).send_time


@pytest.mark.parametrize("serial", [0, 1, 65535])
def test_serial_numbers_have_two_bytes(serial):
    assert replace(FRAME, body=serial.to_bytes(2, "big") + bytes(6)).serial == serial


@pytest.mark.parametrize(
    ("station", "shown", "what"),
    [
        ("0012345678", "0012345678", "station"),
        ("3101510001", "310151000001", "station"),
        ("310151EA60", "310151060000", "station"),
        ("310151EA61", "310151060001", "relay"),
        ("310151FFFE", "310151065534", "relay"),
        ("310151FFFF", "310151065535", "broadcast"),
        ("3101510000", "310151000000", "invalid"),
        ("40590235C2", "405902013762", "station"),
        ("AB1234FFFE", "AB1234FFFE", "relay"),
    ],
)
def test_addresses(station, shown, what):
    assert printed(station) == shown
    assert address(shown) == station
    assert role(station) == what


@pytest.mark.parametrize("text", ["310151065536", "31015106553", "", "310151-00001", "３10151000001"])
def test_no_addresses(text):
    with pytest.raises(ProtocolError):
        address(text)


def test_sizes_of_the_two_layouts():
    assert (HEX.head_size, ASCII.head_size, HEX.crc_size, ASCII.crc_size) == (14, 24, 2, 4)


@given(st.binary(max_size=600), st.data())
def test_the_running_crc_of_any_part(stream, data):
    running = RunningCrc16()
    cut = data.draw(st.integers(0, len(stream)))
    running.add(stream[:cut])
    running.add(stream[cut:])
    dropped = data.draw(st.integers(0, len(stream)))
    running.drop(dropped)
    begin = data.draw(st.integers(dropped, len(stream)))
    end = data.draw(st.integers(begin, len(stream)))
    assert running.part(begin - dropped, end - dropped) == crc16_modbus(stream[begin:end])
