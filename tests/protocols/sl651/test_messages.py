import pytest

from protocols.sl651 import Body, End, Line, Mode, acknowledgement, decode, encode, read_body
from protocols.sl651 import messages as m
from protocols.sl651.frame import Packet
from protocols.sl651.items import Asked, element
from protocols.sl651.messages import Command, in_mode, refusal
from protocols.sl651.states import Gate
from protocols.sl651.times import Step
from protocols.vocabulary import ProtocolError
from tests.protocols.golden import frames

ROWS = {row["id"]: row["frame"] for row in frames("sl651", "SL651")}
LINE = Line(station="1122334455", centre=1, password="AAAA")


def real(name: str) -> str:
    return ROWS[f"pub-sl651-{name}"]


def sent(command: Command, stamp: str, line: Line = LINE) -> str:
    body = Body(command.serial, stamp, in_mode(command, line.mode))
    return encode(line.down(command.function, body)).hex().upper()


def with_serial(command: Command, serial: int) -> Command:
    return Command(command.function, command.items, serial)


@pytest.mark.parametrize(
    ("name", "command", "serial", "stamp"),
    [
        ("030", m.query_period("24010916", "24010917", Step(minutes=5), Asked(0xF4, 0x60)), 3, "240109171501"),
        ("041", m.QUERY_MANUAL, 5, "240110143020"),
        ("044", m.query_elements([Asked(0xF4, 0x60)]), 6, "240110150230"),
        (
            "045",
            m.read_parameters(
                [
                    Asked(*pair)
                    for pair in ((1, 0x20), (2, 0x28), (3, 0x10), (4, 0), (5, 0), (12, 8), (13, 0x40), (15, 0))
                ],
                basic=True,
            ),
            7,
            "240111161512",
        ),
        (
            "046",
            m.read_parameters(
                [
                    Asked(*pair)
                    for pair in (
                        *((0x20, 8), (0x21, 8), (0x22, 8), (0x23, 0x10), (0x24, 8), (0x25, 9), (0x26, 9), (0x27, 8)),
                        *((0x28, 0x23), (0x30, 0x1B), (0x38, 0x12), (0x40, 0x12), (0x41, 0x12)),
                    )
                ],
                basic=False,
            ),
            2,
            "240111163034",
        ),
        ("047", m.QUERY_VERSION, 7, "240110155505"),
    ],
)
def test_commands_are_written_as_real_centres_write_them(name, command, serial, stamp):
    assert sent(with_serial(command, serial), stamp) == real(name)


def test_the_question_for_a_clock():
    line = Line(station="1234567891", centre=0, password="1234")
    assert sent(m.QUERY_CLOCK, "210408102055", line) == real("048")


@pytest.mark.parametrize(("name", "of", "end"), [("001", "006", End.ESC)])
def test_an_acknowledgement_is_that_of_a_real_centre(name, of, end):
    report = decode(bytes.fromhex(real(of)))
    assert encode(acknowledgement(Line.of(report), report, end)).hex().upper() == real(name)


def test_the_line_of_a_frame():
    assert Line.of(decode(bytes.fromhex(real("030")))) == LINE
    assert Line.of(decode(bytes.fromhex(ROWS["pub-constructed-sl651-001"]))).mode is Mode.ASCII


COMMANDS = {
    "36": m.QUERY_PICTURE,
    "37": m.QUERY_NOW,
    "38": m.query_period("24010108", "24010109", Step(hours=1), Asked(0x39, 0x23)),
    "39": m.QUERY_MANUAL,
    "3A": m.query_elements([Asked(0x39, 0x23), Asked(0xFF02, 0x08)]),
    "40": m.set_parameters(
        [element(1, b"\x01\x02\0\0"), element(0x0F, b"113800138000"), element(0x0C, b"\x02")], basic=True
    ),
    "41": m.read_parameters([Asked(1, 0x20), Asked(2, 0x28)], basic=True),
    "42": m.set_parameters([element(0x28, bytes.fromhex("FF001234"), 3), element(0x20, b"\x01")], basic=False),
    "43": m.read_parameters([Asked(0x20, 0x08)], basic=False),
    "44": m.QUERY_PUMPS,
    "45": m.QUERY_VERSION,
    "46": m.QUERY_STATE,
    "47": m.CLEAR_STORAGE,
    "48": m.FACTORY_RESET,
    "49": m.change_password("1234", "03E8"),
    "4A": m.SET_CLOCK,
    "4B": m.set_ic_card(valid=True),
    "4C": m.switch_pumps([True, False]),
    "4D": m.switch_valves([False, True]),
    "4E": m.switch_gates([Gate(True, 120), Gate(False, 0)]),
    "4F": m.control_quota(on=True),
    "50": m.QUERY_EVENTS,
    "51": m.QUERY_CLOCK,
}


@pytest.mark.parametrize("code", COMMANDS)
@pytest.mark.parametrize("mode", Mode)
def test_every_command_can_be_written_and_read_in_both_modes(code, mode):
    line = Line(station="1122334455", centre=1, password="AAAA", mode=mode)
    command = COMMANDS[code]
    items = in_mode(command, mode)
    frame = decode(encode(line.down(command.function, Body(0, "240101080000", items))))
    assert f"{frame.function:02X}" == code
    assert frame.end is End.ENQ
    assert read_body(frame).items == items


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("3A", b"Z FF02 "),
        ("38", b"24010108 24010109 DRH01 Z "),
        ("40", b"01 01020000 0F 113800138000 0C 02 "),
        ("42", b"28 -1.234 20 1 "),
        ("47", b"97 "),
        ("49", b"03 1234 03 03E8 "),
        ("4B", b"ZT 00000200 "),
        ("4F", b"FF"),
    ],
)
def test_commands_in_ascii_mode(code, content):
    line = Line(station="1122334455", centre=1, mode=Mode.ASCII)
    command = COMMANDS[code]
    frame = line.down(command.function, Body(0, "240101080000", in_mode(command, Mode.ASCII)))
    assert frame.content == content


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("47", "9700"),
        ("48", "9800"),
        ("49", "031012340310 03E8"),
        ("4B", "452000000200"),
        ("4C", "0101"),
        ("4D", "0102"),
        ("4E", "020101200000"),
        ("4F", "FF"),
        ("42", "2823FF001234200801"),
    ],
)
def test_commands_in_hex_mode(code, content):
    frame = LINE.down(COMMANDS[code].function, Body(0, "240101080000", COMMANDS[code].items))
    assert frame.content == bytes.fromhex(content)


def test_the_step_of_a_command_in_ascii_mode():
    for step, name in (
        (Step(days=1), b"DRD01"),
        (Step(hours=2), b"DRH02"),
        (Step(minutes=5), b"DRN05"),
        (Step(), b"DRH00"),
    ):
        items = in_mode(m.query_period("24010108", "24010109", step, Asked(0xF4, 0x60)), Mode.ASCII)
        assert items[1].name.encode() == name


def test_a_refusal_names_one_packet():
    report = decode(bytes.fromhex(real("006")))
    nak = decode(encode(refusal(Line.of(report), 0x36, Packet(13, 4), report)))
    assert (nak.end, nak.packet, nak.serial) == (End.NAK, Packet(13, 4), 3)
    blind = decode(encode(refusal(Line.of(report), 0x36, Packet(13, 1), None)))
    assert (blind.end, blind.packet, blind.serial) == (End.NAK, Packet(13, 1), 0)


def test_what_has_no_serial_number_cannot_be_acknowledged():
    first = ROWS["pub-sl651-050"][1]
    with pytest.raises(ProtocolError):
        acknowledgement(LINE, decode(bytes.fromhex(first)), End.EOT)
