"""The envelope of a packet, ``##`` length, data segment, CRC, CR LF: HJ 212-2017 §6.3.1 and Appendix A."""

import re
from typing import Final, Literal, NamedTuple

from protocols.checksums import crc16_hj212, crc16_modbus
from protocols.hj212.cipher import Blocks, cipher_text, turned
from protocols.vocabulary.errors import FrameTooLong, ProtocolError

CrcRule = Literal["standard", "modbus", "modbus-swapped"]
"""How a CRC was made: as the standard says, or as plain Modbus CRC-16, which many real devices send, some of them with
its low byte first."""
CrcMode = Literal["standard", "modbus", "modbus-swapped", "either"]
"""What a receiver accepts; a setting of the device. ``either`` is any of the rules."""

MAX_SEGMENT: Final = 1024
"""Bytes of the data segment (Table 2)."""
HEAD: Final = 6
CRC: Final = 4
TAIL: Final = b"\r\n"
MAX_FRAME: Final = HEAD + MAX_SEGMENT + CRC + len(TAIL)

_RULES: Final[tuple[CrcRule, ...]] = ("standard", "modbus", "modbus-swapped")
_TOLD: Final[dict[CrcRule, str]] = {
    "standard": "the rule of the standard",
    "modbus": "the Modbus rule",
    "modbus-swapped": "the Modbus rule, low byte first",
}
_LENGTH = re.compile(rb"[0-9]{4}")
_CRC = re.compile(rb"[0-9A-Fa-f]{4}")


class Frame(NamedTuple):
    """A packet whose length and CRC were checked, its data segment not yet read."""

    segment: bytes
    """Decrypted, when it came encrypted."""
    crc: int
    """As it was sent, 0..65535."""
    rule: CrcRule
    raw: bytes
    """The whole packet, without CR LF."""
    encrypted: bool = False


def open_frame(raw: bytes, mode: CrcMode = "standard", decipher: Blocks | None = None) -> Frame:
    """Check head, length and CRC of exactly one packet; CR LF at its end may be missing (a line reader ate it).

    :param decipher: decrypts what may have come encrypted.
    :raises FrameTooLong: the length field says more than 1024.
    :raises ProtocolError: anything else is wrong; the message says what was found and what would have been right.
    """
    if raw[:2] != b"##":
        raise ProtocolError(f"head: expected ##, found {raw[:2]!r}", raw)
    if _LENGTH.fullmatch(raw, 2, HEAD) is None:
        raise ProtocolError(f"length field: expected 4 digits, found {raw[2:HEAD]!r}", raw)
    announced = int(raw[2:HEAD])
    if announced > MAX_SEGMENT:
        raise FrameTooLong(f"length field: {announced} is more than {MAX_SEGMENT}", raw)
    body = raw.removesuffix(TAIL)
    found = len(body) - HEAD - CRC
    if found != announced:
        raise ProtocolError(f"length field says {announced}, the data segment has {found} bytes", raw)
    return check_crc(raw, body[HEAD:-CRC], body[-CRC:], mode, decipher)


def check_crc(raw: bytes, segment: bytes, digits: bytes, mode: CrcMode, decipher: Blocks | None = None) -> Frame:
    """Compare the four hexadecimal digits, high byte first, upper or lower case, with the segment's CRC.

    The CRC of an encrypted packet is that of its plain text.

    :raises ProtocolError: they are no digits, or not the right ones.
    """
    if _CRC.fullmatch(digits) is None:
        raise ProtocolError(
            f"CRC: expected 4 hexadecimal digits after {len(segment)} bytes of data segment, found {digits!r}", raw
        )
    given = int(digits, 16)
    if (rule := rule_of(segment, given, mode)) is not None:
        return Frame(segment, given, rule, raw.removesuffix(TAIL))
    if decipher is not None:
        plain = turned(segment, decipher)
        if (rule := rule_of(plain, given, mode)) is not None:
            return Frame(plain, given, rule, raw.removesuffix(TAIL), encrypted=True)
    if (count := cipher_text(segment)) is not None:
        why = "and needs the key" if decipher is None else "and this key is not the one"
        raise ProtocolError(
            f"CP: {count} bytes that are no text: encrypted (HJ 212-2025, SM4) or damaged; "
            f"CRC {given:04X} is then that of the plain text, {why}",
            raw,
        )
    raise ProtocolError(f"CRC: found {given:04X}, {_right(segment, given, mode)}", raw)


def crc_of(segment: bytes, rule: CrcRule) -> int:
    """The CRC of a data segment as a rule writes it, 0..65535."""
    if rule == "standard":
        return crc16_hj212(segment)
    crc = crc16_modbus(segment)
    return crc if rule == "modbus" else crc >> 8 | (crc & 0xFF) << 8


def told_rule(rule: CrcRule) -> str:
    """A rule in words."""
    return _TOLD[rule]


def rule_of(segment: bytes, given: int, mode: CrcMode) -> CrcRule | None:
    """By which of the rules that are allowed the CRC is right."""
    return next((rule for rule in _RULES if mode in (rule, "either") and given == crc_of(segment, rule)), None)


def right_crc(segment: bytes, mode: CrcMode) -> str:
    """What would have been right, in words."""
    if mode == "either":
        others = " or ".join(f"{crc_of(segment, rule):04X} by {_TOLD[rule]}" for rule in _RULES[1:])
        return f"{crc_of(segment, 'standard'):04X} is right (or {others})"
    return f"{crc_of(segment, mode):04X} is right" + ("" if mode == "standard" else f" by {_TOLD[mode]}")


def _right(segment: bytes, given: int, mode: CrcMode) -> str:
    other = rule_of(segment, given, "either")
    hint = "" if other is None else f" (it is right by {_TOLD[other]})"
    return right_crc(segment, mode) + hint


def seal(segment: bytes, rule: CrcRule = "standard") -> bytes:
    """Put head, length, CRC and CR LF around a data segment.

    :raises FrameTooLong: the segment has more than 1024 bytes.
    """
    if len(segment) > MAX_SEGMENT:
        raise FrameTooLong(f"data segment of {len(segment)} bytes, {MAX_SEGMENT} are allowed", segment)
    return b"##%04d%b%04X\r\n" % (len(segment), segment, crc_of(segment, rule))
