"""A packet: the header fields of the data segment and the groups of its content (HJ 212-2017 §6.3.2, Table 3)."""

import re
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from protocols.hj212.cipher import Blocks, turned
from protocols.hj212.content import Group, read_groups, write_groups
from protocols.hj212.frame import HEAD, CrcMode, CrcRule, Frame, open_frame, seal
from protocols.vocabulary.errors import ProtocolError

HEADER_FIELDS: Final = ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO")
_CONTENT: Final = ";CP=&&"
_END: Final = "&&"
_LONGEST_VALUE: Final = 64
_SYSTEM = re.compile(r"[0-9A-Z]{2}")
_COMMAND = re.compile(r"[0-9]{4}")
_NUMBER = re.compile(r"[0-9]{1,4}")


class Version(IntEnum):
    """The version bits V5..V0 of Flag. Surface-water stations sent 2 years before the edition of 2025."""

    HJT212_2005 = 0
    HJ212_2017 = 1
    HJ212_2025 = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One packet. A header field that was not sent is None; an unknown one is kept in ``extra``."""

    mn: str
    """The station: 24 hexadecimal digits by the standard, 12 or 14 characters in the field, or none."""
    cn: str
    """The command, 4 digits."""
    st: str
    """The system, 2 characters: 21 surface water, 22 air, 91 interaction..."""
    qn: str | None = None
    """The request's number, a time YYYYMMDDhhmmsszzz; carried as it is."""
    pw: str | None = None
    flag: int | None = None
    """0..255; bit 0 answer wanted, bit 1 split, bits 2-7 version."""
    pnum: int | None = None
    """Of how many packets the message is made, 1.."""
    pno: int | None = None
    """Which of them this is, 1..PNUM."""
    groups: tuple[Group, ...] = ()
    extra: Group = ()
    crc: CrcRule = field(default="standard", compare=False)
    """Which CRC rule the packet came with, or is to be sent with."""
    encrypted: bool = field(default=False, compare=False)
    """Whether its content came encrypted."""
    raw: bytes = field(default=b"", compare=False, repr=False)
    """What it was read from, without CR LF; empty when it was made."""

    @property
    def wants_answer(self) -> bool:
        """Flag's bit A."""
        return bool(self.flag and self.flag & 1)

    @property
    def says_split(self) -> bool:
        """Flag's bit D; real stations set it without sending PNUM and PNO."""
        return bool(self.flag and self.flag & 2)

    @property
    def is_part(self) -> bool:
        """Whether it is one of several packets of a message: PNUM decides, not the flag."""
        return self.pnum is not None and self.pnum > 1

    @property
    def is_sent_again(self) -> bool:
        """RF=1, by which the edition of 2025 marks data that were not delivered in their time."""
        return ("RF", "1") in self.extra

    @property
    def version(self) -> int:
        """Flag's version bits, 0..63; see :class:`Version`. Without a flag it is the edition of 2005."""
        return (self.flag or 0) >> 2

    def first(self, name: str) -> str | None:
        """The value of the first item of that name, whatever its group."""
        return next((value for group in self.groups for key, value in group if key == name), None)

    def header(self) -> tuple[tuple[str, str], ...]:
        """The header fields that are there, as they are written."""
        values = (self.qn, self.st, self.cn, self.pw, self.mn, self.flag, self.pnum, self.pno)
        known = tuple(
            (name, str(value)) for name, value in zip(HEADER_FIELDS, values, strict=True) if value is not None
        )
        return known + self.extra

    @staticmethod
    def read(frame: Frame) -> "Packet":
        """Read a data segment.

        :raises ProtocolError: no UTF-8, a header field missing, twice or out of its range, content not enclosed.
        """
        try:
            text = frame.segment.decode()
        except UnicodeDecodeError as error:
            raise ProtocolError(f"data segment: no UTF-8 at byte {error.start}", frame.segment) from None
        start = text.find(_CONTENT)
        begin = start + len(_CONTENT)
        if start < 0 or not text.endswith(_END) or len(text) < begin + len(_END):
            raise ProtocolError("data segment: expected ...;CP=&&...&&", frame.segment)
        content = text[begin : -len(_END)]
        if _END in content:
            raise ProtocolError("CP: && inside of && ... &&", frame.segment)
        try:
            return _read_header(text[:start], read_groups(content), frame)
        except ProtocolError as error:
            raise ProtocolError(str(error), frame.segment) from None

    def segment(self) -> bytes:
        """The data segment as it is sent.

        :raises ProtocolError: a field holds what cannot be written there: it would be read as something else.
        """
        written = ";".join(f"{name}={value}" for name, value in self.header())
        try:
            segment = f"{written}{_CONTENT}{write_groups(self.groups)}{_END}".encode()
        except UnicodeEncodeError as error:
            raise ProtocolError(f"packet: {error.reason}") from None
        if Packet.read(Frame(segment, 0, self.crc, b"")) != self:
            raise ProtocolError(f"packet of {self.mn!r:.40}: a field holds a separator", segment)
        return segment


def _read_header(text: str, groups: tuple[Group, ...], frame: Frame) -> Packet:
    """A stray ``,`` in front of a name, which real devices send, is passed over like a blank."""
    fields: dict[str, str] = {}
    for item in text.split(";"):
        name, equals, value = item.partition("=")
        name = name.strip(" \t").lstrip(",")
        if not equals or not name:
            raise ProtocolError(f"header: expected name=value, found {item!r:.80}")
        if name in fields:
            raise ProtocolError(f"header: {name} comes twice")
        if len(value) > _LONGEST_VALUE or not (value.isascii() and value.isprintable()):
            raise ProtocolError(
                f"header: {name}={value!r:.80}: expected at most {_LONGEST_VALUE} printable ASCII characters"
            )
        fields[name] = value
    return Packet(
        mn=_present(fields, "MN"),
        cn=_shaped(fields, "CN", _COMMAND),
        st=_shaped(fields, "ST", _SYSTEM),
        qn=fields.pop("QN", None),
        pw=fields.pop("PW", None),
        flag=_number(fields, "Flag", 0, 255),
        pnum=(pnum := _number(fields, "PNUM", 1, 9999)),
        pno=_number(fields, "PNO", 1, pnum or 9999),
        extra=tuple(fields.items()),
        groups=groups,
        crc=frame.rule,
        encrypted=frame.encrypted,
        raw=frame.raw,
    )


def _present(fields: dict[str, str], name: str) -> str:
    """A field that must be there; a logger that was never set up sends ``PW=;MN=;``."""
    value = fields.pop(name, None)
    if value is None:
        raise ProtocolError(f"header: {name} is missing")
    return value


def _shaped(fields: dict[str, str], name: str, shape: re.Pattern[str]) -> str:
    value = _present(fields, name)
    if shape.fullmatch(value) is None:
        raise ProtocolError(f"header: {name}={value!r}")
    return value


def _number(fields: dict[str, str], name: str, low: int, high: int) -> int | None:
    text = fields.pop(name, None)
    if text is None:
        return None
    if _NUMBER.fullmatch(text) is None or not low <= int(text) <= high:
        raise ProtocolError(f"header: {name}={text!r}: expected {low} to {high}")
    return int(text)


def decode(raw: bytes, crc: CrcMode = "standard", decipher: Blocks | None = None) -> Packet:
    """Read exactly one packet, with or without CR LF at its end.

    :param decipher: decrypts the content of packets of the edition of 2025 (protocols.hj212.cipher).
    :raises ProtocolError: it is not one, or it is encrypted and cannot be read.
    """
    return Packet.read(open_frame(raw, crc, decipher))


def encode(packet: Packet, encipher: Blocks | None = None) -> bytes:
    """The packet as it is sent, sealed by the CRC rule it carries.

    :param encipher: encrypts its content after it was sealed.
    :raises ProtocolError: it cannot be written; FrameTooLong: its data segment is longer than 1024 bytes.
    """
    segment = packet.segment()
    sealed = seal(segment, packet.crc)
    if encipher is None:
        return sealed
    return sealed[:HEAD] + turned(segment, encipher) + sealed[HEAD + len(segment) :]
