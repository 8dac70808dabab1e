import pytest

from protocols.sl651 import Direction, decode, measurements
from protocols.sl651.functions import function
from protocols.sl651.items import Named, NamedSeries, Names, Period, Plain, StationMark, TimeMark
from protocols.sl651.messages import Line
from protocols.sl651.text import TextReader, write_text
from protocols.sl651.values import step_of, text_number
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frames

MARKS = (StationMark("0012345678", 0x48), TimeMark("2401010800"))
HEAD = b"ST 0012345678 H TT 2401010800 "
LINE = Line(station="0012345678", centre=1)


def read(code: int, content: bytes, direction: Direction = Direction.UP) -> tuple:
    meaning = function(code)
    return tuple(TextReader(meaning, meaning.content(direction), content))


def test_names_and_data_with_blanks():
    items = read(0x32, HEAD + b"PJ 0.5 Z -0.127 ZT 00000480 X9 M ")
    assert items == (
        *MARKS,
        Named("PJ", b"0.5"),
        Named("Z", b"-0.127"),
        Named("ZT", b"00000480"),
        Named("X9", b"M"),
    )
    assert write_text(items) == HEAD + b"PJ 0.5 Z -0.127 ZT 00000480 X9 M "


def test_the_last_blank_may_be_missing():
    assert read(0x32, HEAD + b"PJ 0.5") == (*MARKS, Named("PJ", b"0.5"))


def test_series_have_all_names_first():
    items = read(0x31, HEAD + b"DRN05 PN05 Z 0.5 1.01 M 1.02 1.5 M ")
    series = NamedSeries(("PN05", "Z"), (("0.5", "1.01"), ("M", "1.02"), ("1.5", "M")))
    assert items == (*MARKS, Named("DRN05", b""), series)
    assert write_text(items) == HEAD + b"DRN05 PN05 Z 0.5 1.01 M 1.02 1.5 M "
    assert read(0x31, HEAD + b"DRN 05 PN05 0.5 ")[2] == Named("DRN05", b"")


def test_lists_of_hours_in_a_series():
    hour = b"0500000014FFFFFFFFFF0000"
    (*_, series) = read(0x38, HEAD + b"DRH00 DRP " + hour + b" FFFFFFFFFFFFFFFFFFFFFFFF ")
    assert series == NamedSeries(("DRP",), ((hour.decode(),), ("F" * 24,)))


def test_what_a_centre_asks():
    down = Direction.DOWN
    assert read(0x3A, b"DRP Z ", down) == (Names(("DRP", "Z")),)
    assert read(0x41, b"01 02 0F ", down) == (Names(("01", "02", "0F")),)
    assert read(0x40, b"20 1 28 10.000 ", down) == (Named("20", b"1"), Named("28", b"10.000"))
    items = read(0x38, b"24010916 24010917 DRN05 DRP ", down)
    assert items == (Period("24010916", "24010917"), Named("DRN05", b""), Names(("DRP",)))
    assert write_text(items) == b"24010916 24010917 DRN05 DRP "
    assert read(0x38, b"", down) == read(0x30, b"", down) == ()


def test_text_and_pictures_take_the_rest_as_it_is():
    assert read(0x35, b"RGZS Q 1.2  \xce ") == (Named("RGZS", b"Q 1.2  \xce "),)
    items = read(0x36, HEAD + b"PIC \xff\xd8 TT \x00")
    assert items == (*MARKS, Named("PIC", b"\xff\xd8 TT \x00"))
    assert write_text(items) == HEAD + b"PIC \xff\xd8 TT \x00"


def test_layouts_of_their_own_and_user_functions():
    assert read(0x45, b"ST 0012345678 11DATA86") == (StationMark("0012345678"), Plain(b"11DATA86"))
    assert read(0x4A, b"ST 0012345678 ") == (StationMark("0012345678"),)
    assert read(0xE0, b"\x00\x01") == (Plain(b"\x00\x01"),)
    assert read(0xE0, b"ST 0012345678 Z 1.0 ")[1] == Named("Z", b"1.0")


@pytest.mark.parametrize(
    "content",
    [
        b"PJ ",
        b"PJ",
        b" PJ 0.5 ",
        b"PJ  0.5 ",
        b"ST 001234567 H ",
        b"ST 00123456GG H ",
        HEAD + b"TT 24010108 ",
        HEAD + b"PJ 0.5\x00 ",
        HEAD + "Z １ ".encode(),
    ],
)
def test_no_items(content):
    with pytest.raises(ProtocolError):
        read(0x32, content)


@pytest.mark.parametrize("content", [b"DRN05 PN05 Z 0.5 1.0 2.0 ", b"DRN05 0.5 ", b"DRN05 PN05 Z 1 2 3 "])
def test_no_series(content):
    with pytest.raises(ProtocolError):
        read(0x31, HEAD + content)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", 0.5),
        ("-26.6", -26.6),
        ("+1", 1),
        ("12", 12),
        ("0.127", 0.127),
        ("-0", 0),
        ("5.", 5),
        ("M", None),
        ("", None),
        (".5", None),
        ("1e5", None),
        ("nan", None),
        ("1_0", None),
        ("１", None),
        ("9" * 21, None),
        ("0x10", None),
        ("1,5", None),
    ],
)
def test_numbers(text, value):
    assert text_number(text).value == value


@pytest.mark.parametrize(
    ("name", "step"), [("DRD01", "1 d"), ("DRH02", "2 h"), ("DRN05", "5 min"), ("DRH00", "lists of an hour")]
)
def test_steps(name, step):
    assert str(step_of(Named(name, b""))) == step
    assert step_of(Named("DRP", b"")) is None


def test_the_same_values_are_measured_in_both_modes():
    rows = {row["id"]: row["frame"] for row in frames("sl651", "SL651")}
    text = measurements(decode(bytes.fromhex(rows["pub-constructed-sl651-001"])))
    assert text == measurements(decode(bytes.fromhex(rows["pub-sl651-006"])))
    assert [found.element for found in text] == ["PJ", "PT", "Z", "VT"]
