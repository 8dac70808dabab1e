import pytest

from protocols.sl651 import Body, Direction, End, Frame, Line, Mode, Packet, compose, read_body
from protocols.sl651.control import Direction as _Direction
from protocols.sl651.functions import function
from protocols.sl651.items import (
    Asked,
    Element,
    Named,
    Period,
    Plain,
    Series,
    StationMark,
    TimeMark,
    element,
    relay_range,
)
from protocols.sl651.reader import Reader
from protocols.sl651.times import Step
from protocols.vocabulary import ProtocolError

LINE = Line(station="0012345678", centre=1)
STATION = "F1F1001234567848"
TIME = "F0F02401010800"
MARKS = (StationMark("0012345678", 0x48), TimeMark("2401010800"))


def read(code: int, content: str, direction: _Direction = Direction.UP) -> list:
    meaning = function(code)
    return list(Reader(meaning, meaning.content(direction), bytes.fromhex(content)))


def refused(code: int, content: str, direction: _Direction = Direction.UP) -> str:
    with pytest.raises(ProtocolError) as error:
        read(code, content, direction)
    return str(error.value)


def test_definition_bytes_say_length_and_decimals():
    items = read(0x32, STATION + TIME + "3919000127" + "391A000127" + "392300000127" + "0B0805")
    assert items == [
        *MARKS,
        Element(0x39, 0x19, b"\x00\x01\x27"),
        Element(0x39, 0x1A, b"\x00\x01\x27"),
        Element(0x39, 0x23, b"\x00\x00\x01\x27"),
        Element(0x0B, 0x08, b"\x05"),
    ]


def test_extended_and_reserved_ids_are_carried():
    assert read(0x32, STATION + TIME + "FF020827" + "7610FF01" + "EF0801")[2:] == [
        Element(0xFF02, 0x08, b"\x27"),
        Element(0x76, 0x10, b"\xff\x01"),
        Element(0xEF, 0x08, b"\x01"),
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("39230001", "element 39: expected 4 bytes, the body has 2 more"),
        ("39", "definition byte of 39: expected 1 bytes, the body has 0 more"),
        ("FF02", "definition byte of FF02"),
        ("FF", "second byte of the id"),
        ("0019000005", "id 00"),
        ("F0F1", "expected F0 as its definition byte, found F1"),
        ("F160", "expected F1 as its definition byte, found 60"),
        ("F260", "expected F2"),
        ("F3F2", "expected F3"),
        ("FDF5", "expected F6"),
        ("04100005", "expected 18"),
        ("F518000000", "expected an even number of bytes, found 3 in 18"),
        ("F0F024010108", "observation time: expected 5 bytes, the body has 4 more"),
        ("F0F0FA01010800", "a digit above 9"),
        ("F1F10012", "station: expected 5 bytes"),
    ],
)
def test_elements_that_are_none(content, told):
    assert told in refused(0x32, STATION + TIME + content)


def test_what_was_right_before_it_is_given():
    found = []
    with pytest.raises(ProtocolError):
        found.extend(Reader(function(0x32), function(0x32).up, bytes.fromhex(STATION + TIME + "2019000005" + "3923")))
    assert found == [*MARKS, Element(0x20, 0x19, b"\x00\x00\x05")]


def test_several_stations_and_several_times():
    other = "F1F1001234567950"
    items = read(0x34, STATION + TIME + "2019000005" + "F0F02401010900" + "2019000006" + other + TIME + "2019000007")
    assert [item for item in items if not isinstance(item, Element)] == [
        *MARKS,
        TimeMark("2401010900"),
        StationMark("0012345679", 0x50),
        TimeMark("2401010800"),
    ]


def test_a_station_type_that_was_left_out_and_one_that_is_not_sent():
    assert read(0x32, "F1F10012345678" + TIME)[0] == StationMark("0012345678")
    assert read(0x46, "F1F10012345678" + "452000000400") == [
        StationMark("0012345678"),
        Element(0x45, 0x20, b"\x00\x00\x04\x00"),
    ]
    assert read(0x4A, "F1F10012345678") == [StationMark("0012345678")]


def test_text_picture_and_bulk_take_the_rest():
    assert read(0x35, "F2F2" + b"Q 1.2 \xf1\xf1".hex()) == [Element(0xF2, 0xF2, b"Q 1.2 \xf1\xf1")]
    assert read(0x36, STATION + TIME + "F3F3FFD8F0F0")[2] == Element(0xF3, 0xF3, b"\xff\xd8\xf0\xf0")
    assert read(0x32, STATION + TIME + "FDF60102")[2] == Element(0xFD, 0xF6, b"\x01\x02")


def test_parameters_use_their_own_numbers():
    items = read(
        0x41, "F1F10012345678" + "012005000000" + "0310ABCD" + "0E0C" + "00123456780300112233" + "4401" + "0F00"
    )
    assert items[1:] == [
        Element(0x01, 0x20, b"\x05\x00\x00\x00"),
        Element(0x03, 0x10, b"\xab\xcd"),
        # the definition byte of the relay range is all length
        Element(0x0E, 0x0C, bytes.fromhex("001234567803001122334401")),
        Element(0x0F, 0x00, b""),
    ]
    assert relay_range(bytes(12)).encode()[:2] == b"\x0e\x0c"
    assert "parameter 01: expected 4 bytes" in refused(0x40, "F1F10012345678" + "01200500")


def test_a_centre_asks_for_elements_parameters_and_periods():
    down = Direction.DOWN
    assert read(0x3A, "F460FF0212", down) == [Asked(0xF4, 0x60), Asked(0xFF02, 0x12)]
    assert read(0x43, "20082108", down) == [Asked(0x20, 0x08), Asked(0x21, 0x08)]
    assert read(0x47, "9700", down) == [Asked(0x97, 0x00)]
    assert read(0x38, "24010916240109170418000005F460", down) == [
        Period("24010916", "24010917"),
        Element(0x04, 0x18, b"\x00\x00\x05"),
        Asked(0xF4, 0x60),
    ]
    for code in (0x30, 0x38, 0x3A, 0x41, 0x40, 0x4C, 0xE0):
        assert read(code, "", down) == [], "an acknowledgement has nothing but serial number and time"
    assert "definition byte of F4" in refused(0x3A, "F4", down)
    assert "end: expected 4 bytes" in refused(0x38, "2401091624", down)


def test_a_uniform_series():
    (*_, step, series) = read(0x31, STATION + TIME + "0418000005" + "2219" + "000005FFFFFF000010")
    assert step == Element(0x04, 0x18, b"\x00\x00\x05")
    assert series == Series((Asked(0x22, 0x19),), ((b"\x00\x00\x05",), (b"\xff\xff\xff",), (b"\x00\x00\x10",)))


def test_a_series_of_two_elements_as_a_device_sends_it():
    # github file 46660041007: 0418 000005 2219 3922 and twelve groups of 3 + 4 bytes
    groups = "00000500001234" * 12
    (*_, series) = read(0x31, STATION + TIME + "0418000005" + "22193922" + groups)
    assert series.heads == (Asked(0x22, 0x19), Asked(0x39, 0x22))
    assert series.groups == ((b"\x00\x00\x05", b"\x00\x00\x12\x34"),) * 12


def test_an_answer_of_hours():
    hour = "0500000014FFFFFFFFFF0000"
    (*_, series) = read(0x38, STATION + TIME + "0418000000" + "F460" + hour * 3)
    assert series == Series((Asked(0xF4, 0x60),), ((bytes.fromhex(hour),),) * 3)
    # a device that writes each hour with its time is read as it writes
    blocks = ("F460" + hour) + ("F0F02401010900" + "F460" + hour) * 4
    items = read(0x38, STATION + TIME + "0418000000" + blocks)
    assert [type(item) for item in items[3:]] == [Element, *[TimeMark, Element] * 4]


def test_a_series_that_does_not_divide():
    assert "do not divide" in refused(0x31, STATION + TIME + "0418000005" + "2219" + "000005FFFF")
    assert "do not divide" in refused(0x31, STATION + TIME + "0418000005" + "2200" + "01")


def test_a_series_of_nothing():
    assert read(0x31, STATION + TIME + "0418000005") == [*MARKS, Element(0x04, 0x18, b"\x00\x00\x05")]


def test_user_functions():
    assert read(0xE1, "F1F10012345678" + TIME + "2019000005") == [
        StationMark("0012345678"),
        TimeMark("2401010800"),
        Element(0x20, 0x19, b"\x00\x00\x05"),
    ]
    assert read(0xE1, STATION + TIME + "2019000005")[0] == StationMark("0012345678", 0x48)
    assert read(0xE1, STATION) == [StationMark("0012345678", 0x48)]
    assert read(0xE1, "F1F1001234567848FFFF") == [Plain(bytes.fromhex("F1F1001234567848FFFF"))]
    assert read(0x60, "00") == [Plain(b"\x00")]


@pytest.mark.parametrize(
    ("data", "step", "shown"),
    [
        ("000005", Step(0, 0, 5), "5 min"),
        ("00000F", Step(0, 0, 15), "15 min"),
        ("000015", Step(0, 0, 15), "15 min"),
        ("000100", Step(0, 1, 0), "1 h"),
        ("010000", Step(1, 0, 0), "1 d"),
        ("000130", Step(0, 1, 30), "1 h 30 min"),
        ("000000", Step(), "lists of an hour"),
    ],
)
def test_steps(data, step, shown):
    assert Step.of(bytes.fromhex(data)) == step
    assert str(step) == shown
    if data != "00000F":
        assert step.packed() == bytes.fromhex(data)


def test_steps_out_of_their_range():
    for step in (Step(32), Step(hours=24), Step(minutes=60), Step(minutes=-1)):
        with pytest.raises(ProtocolError):
            step.packed()
    with pytest.raises(ProtocolError):
        Step.of(b"\x00")


def test_what_would_be_read_as_something_else_is_not_written():
    frame = LINE.up(0x32, Body(1, "240101080000", MARKS))
    for items in (
        (*MARKS, Element(0x39, 0x23, b"\x00")),  # three bytes missing
        (*MARKS, Plain(b"\x39\x19\x00\x00\x00")),  # an element in disguise
        (*MARKS, Asked(0x39, 0x23)),
        (*MARKS, Named("Z", b"1.0")),
    ):
        with pytest.raises(ProtocolError):
            compose(frame, Body(1, "240101080000", items))
    for body in (
        Body(65536, "240101080000"),
        Body(-1, "240101080000"),
        Body(1, "24010108000"),
        Body(1, "2401010800００"),
    ):
        with pytest.raises(ProtocolError):
            compose(frame, body)
    for bad in (0, 0x100, 0xFE00):
        with pytest.raises(ProtocolError):
            Element(bad, 8, b"\x00").encode()
    with pytest.raises(ProtocolError):
        element(0x39, bytes(32))
    with pytest.raises(ProtocolError):
        element(0x39, b"\x00", 8)
    with pytest.raises(ProtocolError):
        relay_range(bytes(256))


def test_a_part_of_a_message_is_not_read():
    part = Frame(
        direction=Direction.UP,
        station="0012345678",
        centre=1,
        function=0x36,
        body=bytes(20),
        end=End.ETB,
        packet=Packet(2, 1),
        mode=Mode.HEX,
    )
    with pytest.raises(ProtocolError, match="packet 1 of 2: join all of them first"):
        read_body(part)
