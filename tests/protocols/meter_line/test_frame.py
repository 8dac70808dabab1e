"""The frame that both meters' wires share; the cases of bad input that are about it."""

import pytest

from protocols.meter_line.frame import MAX_STRAY, Layout, locate, open_frame, seal
from protocols.vocabulary import ProtocolError

L645 = Layout("645", length_at=9, second_at=7, address_at=1, address_bytes=6)
L188 = Layout("188", length_at=10, second_at=None, address_at=2, address_bytes=7)
VOLTAGE = bytes.fromhex("686101000000006891063334343534431016")
WATER = bytes.fromhex("6810010000050800000103901F003916")


@pytest.mark.parametrize(("layout", "frame"), [(L645, VOLTAGE), (L188, WATER)])
def test_every_cut_frame_is_an_error(layout, frame):
    for end in range(len(frame)):
        with pytest.raises(ProtocolError):
            open_frame(frame[:end], layout)
        with pytest.raises(ProtocolError):
            locate(frame[:end], layout)


@pytest.mark.parametrize(
    ("hexadecimal", "message"),
    [
        ("", "645: 0 bytes: a frame has at least 12"),
        ("FEFE", "645: 0 bytes: a frame has at least 12"),
        ("11" + VOLTAGE.hex()[2:], "start: found 11, 68 is right"),
        (VOLTAGE.hex()[:14] + "69" + VOLTAGE.hex()[16:], "byte 7: found 69, a second 68 is right"),
        (VOLTAGE.hex()[:-2] + "17", "end: found 17, 16 is right"),
        (VOLTAGE.hex()[:-4] + "1116", "CS: found 11, 10 is right"),
        (VOLTAGE.hex() + "00", "L says 6, so 18 bytes: found 19"),
        (VOLTAGE.hex()[:-2], "L says 6, so 18 bytes: found 17"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(hexadecimal, message):
    with pytest.raises(ProtocolError) as error:
        open_frame(bytes.fromhex(hexadecimal), L645)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("count", [0, 1, 4, 20])
def test_any_number_of_fe_may_stand_in_front(count):
    assert open_frame(b"\xfe" * count + VOLTAGE, L645) == VOLTAGE
    assert locate(b"\xfe" * count + VOLTAGE, L645).preamble == count


def test_stray_bytes_and_a_modems_are_told():
    found = locate(b"\x00\x68\x00\xfe\xfe" + VOLTAGE + b"\x1f", L645)
    assert (found.stray, found.preamble, found.frame, found.trailing) == (b"\x00\x68\x00", 2, VOLTAGE, b"\x1f")


def test_a_stray_68_whose_length_leads_to_no_16_is_no_start():
    assert locate(b"\x68" + WATER, L188).frame == WATER


def test_more_around_a_frame_than_a_line_gives_is_an_error():
    assert locate(bytes(MAX_STRAY) + VOLTAGE, L645).frame == VOLTAGE
    for raw in (bytes(MAX_STRAY + 1) + VOLTAGE, VOLTAGE + bytes(MAX_STRAY + 1)):
        with pytest.raises(ProtocolError, match=r"17( bytes before the frame| behind it)"):
            locate(raw, L645)


def test_two_glued_frames_are_not_one():
    with pytest.raises(ProtocolError, match="a second frame begins"):
        locate(VOLTAGE + VOLTAGE, L645)


def test_a_broken_frame_in_front_of_a_right_one_is_an_error():
    with pytest.raises(ProtocolError, match="CS: found 11, 10 is right"):
        locate(VOLTAGE[:-2] + b"\x11\x16" + VOLTAGE, L645)


@pytest.mark.parametrize("raw", [b"\x00" * 40, b"\xff" * 40, b"\xfe" * 40, b"\x68" * 40, b"\x16"])
def test_no_frame_at_all(raw):
    for layout in (L645, L188):
        with pytest.raises(ProtocolError):
            locate(raw, layout)


def test_the_longest_frame_and_one_byte_more():
    header = b"\x68" + bytes(6) + b"\x68\x91"
    assert len(seal(header, bytes(255), L645)) == L645.max_frame == 267
    with pytest.raises(ProtocolError, match="256 bytes of data, 255 are allowed"):
        seal(header, bytes(256), L645)
    assert seal(header, b"", L645)[-3:] == b"\x00\x61\x16"
