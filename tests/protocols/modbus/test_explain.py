"""Which bytes mean what."""

import pytest

from protocols.modbus import Heard, ReadRegisters, Registers, rtu, tcp
from protocols.modbus.explain import explain_heard, explain_rtu, explain_tcp


def rows(fields, raw: bytes) -> list[tuple[str, str, str]]:
    return [(raw[field.start : field.end].hex().upper(), field.name, field.meaning) for field in fields]


def rtu_rows(pdu: str, direction=None) -> list[tuple[str, str, str]]:
    """Without unit and CRC."""
    raw = rtu.seal(bytes.fromhex("01" + pdu))
    told = rows(explain_rtu(raw, direction), raw)
    assert told[0] == ("01", "unit", "1")
    assert told[-1][1:] == ("CRC", "low byte first, right")
    return told[1:-1]


def test_a_read_and_its_answer():
    assert rtu_rows("0301F40004") == [
        ("03", "function", "3: read holding registers, request"),
        ("01F4", "start", "500"),
        ("0004", "quantity", "4"),
    ]
    assert rtu_rows("0304FF9B0002") == [
        ("03", "function", "3: read holding registers, response"),
        ("04", "byte count", "4"),
        ("FF9B", "register +0", "65435 (signed -101)"),
        ("0002", "register +1", "2"),
    ]


@pytest.mark.parametrize(
    ("registers", "told"),
    [
        ("41E3A5E3", "ABCD 28.456"),
        ("CCCD4148", "CDAB 12.55"),
        ("000040E0", "CDAB 7"),
        ("E341E3A5", "BADC 28.456"),
        ("4841CDCC", "ABCD 198455.2, BADC 12.55"),
        ("00010002", ""),
        ("00410042", ""),  # BADC would make 8.016 of 65 and 66
        ("00000000", ""),
        ("FFFFFFFF", ""),
        ("7FC00000", ""),
    ],
)
def test_a_pair_that_may_be_a_float_says_which(registers, told):
    meaning = rtu_rows("0304" + registers, "response")[-1][2]
    assert meaning.partition("; with the one before, as float: ")[2] == told


def test_an_answer_out_of_a_conversation_has_addresses():
    asked = rtu.Adu(1, ReadRegisters(3, 500, 2))
    raw = rtu.encode(rtu.Adu(1, Registers(3, (14, 1))))
    heard = Heard(rtu.decode(raw, "response"), "response", asked)
    assert [field.name for field in explain_heard(heard)] == [
        "unit", "function", "byte count", "register 500", "register 501", "CRC",
    ]  # fmt: skip
    asked = tcp.Adu(9, 1, ReadRegisters(3, 500, 1))
    raw = tcp.encode(tcp.Adu(9, 1, Registers(3, (14,))))
    heard = Heard(tcp.decode(raw, "response"), "response", asked)
    assert [(field.name, field.meaning) for field in explain_heard(heard)] == [
        ("transaction", "9"),
        ("protocol", "Modbus"),
        ("length", "5 bytes"),
        ("unit", "1"),
        ("function", "3: read holding registers, response"),
        ("byte count", "2"),
        ("register 500", "14"),
    ]


def test_bits():
    assert rtu_rows("0102CD05")[1:] == [
        ("02", "byte count", "2"),
        ("CD", "bits +0 to 7", "lowest first: 1 0 1 1 0 0 1 1"),
        ("05", "bits +8 to 15", "lowest first: 1 0 1 0 0 0 0 0"),
    ]
    assert rtu_rows("0F0013000A02CD01")[-2:] == [
        ("CD", "bits 19 to 26", "lowest first: 1 0 1 1 0 0 1 1"),
        ("01", "bits 27 to 28", "lowest first: 1 0"),
    ]
    assert rtu_rows("0500ACFF00")[1:] == [("00AC", "coil", "172"), ("FF00", "value", "on")]


def test_exceptions():
    assert rtu_rows("8302") == [
        ("83", "function", "exception to 3, read holding registers"),
        ("02", "exception code", "2: illegal data address"),
    ]
    assert rtu_rows("C163")[1] == ("63", "exception code", "99: not listed")


@pytest.mark.parametrize(
    ("pdu", "direction", "names"),
    [
        ("0600010003", None, "register value"),
        ("076D", "response", "exception status"),
        ("0800000102", None, "sub-function data"),
        ("08000C0003", None, "sub-function data"),
        ("0BFFFF0108", "response", "status events"),
        ("0C080000010801212000", None, "byte count status events messages event -0 event -1"),
        ("100001000204000A0102", None, "start quantity byte count register 1 register 2"),
        ("110541424300FF", None, "byte count server id run indicator additional data"),
        ("140E0600040001000206000300090002", None, "byte count" + " reference type file record registers" * 2),
        ("140C05060DFE0020050633CD0040", None,
         "byte count" + " record length reference type register +0 register +1" * 2),
        ("150D0600040007000306AF04BE100D", None,
         "byte count reference type file record registers register +0 register +1 register +2"),
        ("16000400F20025", None, "register AND mask OR mask"),
        ("1700030006000E00030600FF00FF00FF", None,
         "start quantity write start write quantity byte count register 14 register 15 register 16"),
        ("1804DE", None, "start"),
        ("180006000201B81284", "response", "byte count queued register +0 register +1"),
        ("2B0E0100", None, "MEI type read code object"),
        ("2B0E010100000100024142", None,
         "MEI type read code conformity more follows next object objects object length VendorName"),
        ("2B0D0102", None, "MEI type data"),
        ("416162", None, "data"),
    ],
)  # fmt: skip
def test_every_function(pdu, direction, names):
    assert " ".join(name for _, name, _ in rtu_rows(pdu, direction)[1:]) == names


def test_texts_are_shown():
    assert rtu_rows("110541424301FF")[2] == ("41424301", "server id", "41424301")
    assert rtu_rows("1104414243FF")[2] == ("414243", "server id", "ABC")
    assert rtu_rows("2B0E010100000100024142")[-1] == ("4142", "VendorName", "AB")


def test_what_is_broken_is_told_in_its_row():
    raw = bytes.fromhex("01030004000265CB")
    assert rows(explain_rtu(raw), raw)[-1] == ("65CB", "CRC", "low byte first, wrong: 85CA is right")
    raw = bytes.fromhex("000100010006 01 03 00 00")
    assert rows(explain_tcp(raw), raw)[1:3] == [
        ("0001", "protocol", "1: expected 0"),
        ("0006", "length", "6 bytes, 4 follow"),
    ]
    raw = bytes.fromhex("0103")
    assert rows(explain_rtu(raw), raw) == [("0103", "fragment", "shorter than a CRC")]
    assert rtu_rows("0304AABB", "response")[-1] == ("AABB", "register +0", "43707 (signed -21829)")
    assert rtu_rows("0302AABBCC", "response")[-1] == ("CC", "surplus", "belongs to no field")
    assert rtu_rows("05000112FF")[-1] == ("12FF", "value", "12FF: expected FF00 or 0000")
    assert rtu_rows("0304AABBCC", "response")[-1] == ("CC", "register +1", "cut off: 1 of 2 bytes")


def test_reserved_units_and_broadcasts():
    raw = bytes.fromhex("FE030050000051D4")
    assert explain_rtu(raw)[0].meaning == "254: reserved, some makers take it for any"
    raw = bytes.fromhex("000100000001FC1B")
    assert explain_rtu(raw)[0].meaning == "0: broadcast, not answered"
