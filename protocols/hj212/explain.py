"""Which bytes of a packet mean what: ``yingzhou decode hj212 --explain`` (HJ 212-2017 §6.3, Table 2)."""

import re
from collections.abc import Callable
from typing import Final

from protocols.checksums import crc16_hj212
from protocols.fields import Field, FieldReader
from protocols.hj212.cipher import Blocks, cipher_text, turned
from protocols.hj212.commands import SYSTEMS, command
from protocols.hj212.frame import CRC, HEAD, MAX_SEGMENT, TAIL, CrcMode, right_crc, rule_of, told_rule
from protocols.hj212.names import meaning_of
from protocols.hj212.packet import Version
from protocols.hj212.times import legible

_CONTENT: Final = b"CP=&&"
_END: Final = b"&&"
_ITEM = re.compile(rb"([^=;,]*)(?:=(//.*?//(?=[;,]|\Z)|[^;,]*))?([;,]|\Z)", re.DOTALL)
_HEADER_ITEM = re.compile(rb"([^=;]*)(?:=([^;]*))?(?:;|\Z)", re.DOTALL)
_TIMES: Final = ("DataTime", "SystemTime", "BeginTime", "EndTime", "RestartTime", "AlarmTime", "SampleTime")
_EDITIONS: Final = {
    Version.HJT212_2005: "HJ/T 212-2005",
    Version.HJ212_2017: "HJ 212-2017",
    Version.HJ212_2025: "HJ 212-2025",
}


def explain(raw: bytes, crc: CrcMode = "standard", decipher: Blocks | None = None) -> list[Field]:
    """Head, length, header fields, items of the content, CRC and tail, as far as they can be told; never raises."""
    reader = FieldReader(raw)
    if raw.startswith(b"##"):
        reader.take(2, "head")
        digits = reader.peek(4)
        end = _end_of_segment(raw, digits)
        reader.take(4, "length", _length(digits, end - HEAD))
    else:
        end = _end_of_segment(raw, b"")
    segment = raw[reader.position : end]
    cipher = cipher_text(segment)
    _header(reader, end, _version(segment))
    if reader.peek(len(_CONTENT)) == _CONTENT:
        reader.take(len(_CONTENT), "CP", "the content begins")
        closed = raw[reader.position : end].endswith(_END)
        stop = end - len(_END) if closed else end
        if cipher is None:
            _items(reader, stop)
        else:
            reader.take(stop - reader.position, "content", _cipher(segment, decipher))
        reader.take(end - reader.position, "CP", "the content ends")
    if raw.startswith(b"##"):
        reader.take(CRC, "CRC", _crc(segment, reader.peek(CRC), crc, decipher))
    if reader.peek(2) == TAIL:
        reader.take(2, "tail", "CR LF")
    return reader.rest("surplus", "behind the packet's end")


def _end_of_segment(raw: bytes, digits: bytes) -> int:
    """The place behind the data segment: where the length field says, or else behind the last ``&&``."""
    if digits.isdigit() and len(digits) == 4:
        end = HEAD + int(digits)
        if raw[:end].endswith(_END) and end <= len(raw):
            return end
    last = raw.rfind(_END)
    start = raw.find(_CONTENT)
    if last >= start + len(_CONTENT) > len(_CONTENT) - 1:
        return last + len(_END)
    return len(raw)


def _length(digits: bytes, found: int) -> str:
    if not digits.isdigit() or len(digits) != 4:
        return "expected 4 digits"
    announced = int(digits)
    if announced > MAX_SEGMENT:
        return f"{announced} bytes: more than {MAX_SEGMENT}"
    wrong = "" if announced == found else f"; it has {found}"
    return f"the data segment has {announced} bytes{wrong}"


def _version(segment: bytes) -> int:
    match = re.search(rb"(?:\A|;)Flag=([0-9]{1,3});", segment.partition(_CONTENT)[0])
    return int(match[1]) >> 2 if match else 0


def _header(reader: FieldReader, end: int, version: int) -> None:
    while reader.position < end and reader.peek(len(_CONTENT)) != _CONTENT:
        match = _HEADER_ITEM.match(reader.raw, reader.position, end)
        if match is None or not match[0]:
            break
        name = match[1].decode("utf-8", "replace").strip()
        value = (match[2] or b"").decode("utf-8", "replace")
        stray = "a stray , in front; " if name.startswith(",") else ""
        name = name.lstrip(",")
        told = "expected name=value" if match[2] is None or not name else stray + _field(name, value, version)
        reader.take(len(match[0]), name or "header", told.removesuffix("; "))


def _field(name: str, value: str, version: int) -> str:
    """What a header field says."""
    if name == "CN":
        row = command(value, version)
        return f"{row.meaning} {row.name_zh}".strip()
    told = _FIELDS.get(name)
    return "unlisted" if told is None else told(value)


def _flag(value: str) -> str:
    if not (value.isascii() and value.isdecimal()) or int(value[:4]) > 255:
        return "expected 0 to 255"
    flag = int(value)
    version = flag >> 2
    edition = _EDITIONS[Version(version)] if version in set(Version) else f"edition {version}"
    return f"{edition}, {'answer wanted' if flag & 1 else 'no answer wanted'}, {'split' if flag & 2 else 'not split'}"


_FIELDS: Final[dict[str, Callable[[str], str]]] = {
    "QN": legible,
    "ST": lambda value: SYSTEMS.get(value, "unlisted"),
    "PW": lambda value: f"password, {len(value)} characters",
    "MN": lambda value: f"station, {len(value)} characters",
    "Flag": _flag,
    "PNUM": lambda _: "packets of the message",
    "PNO": lambda _: "which of them this is",
    "RF": lambda value: "sent again" if value == "1" else "expected 1",
}


def _items(reader: FieldReader, stop: int) -> None:
    while reader.position < stop:
        match = _ITEM.match(reader.raw, reader.position, stop)
        if match is None or not match[0]:
            break
        name, value = match[1].decode("utf-8", "replace").strip(), match[2]
        if value is not None and name:
            text = value.decode("utf-8", "replace")
            reader.take(len(match[0]), name, _item(name, text))
        elif not match[1]:
            reader.take(len(match[0]), "separator", "with nothing in front")
        else:
            reader.take(len(match[0]), name or "item", "expected name=value")


def _item(name: str, text: str) -> str:
    told = meaning_of(name, text)
    return f"{told}: {legible(text)}" if name.rpartition("-")[2] in _TIMES else told


def _cipher(segment: bytes, decipher: Blocks | None) -> str:
    if decipher is None:
        return "encrypted (HJ 212-2025, SM4): not to be read without the key; or damaged"
    return f"encrypted; by this key: {turned(segment, decipher).partition(_CONTENT)[2][:-2].decode('utf-8', 'replace')}"


def _crc(segment: bytes, digits: bytes, mode: CrcMode, decipher: Blocks | None) -> str:
    if re.fullmatch(rb"[0-9A-Fa-f]{4}", digits) is None:
        return "expected 4 hexadecimal digits"
    given = int(digits, 16)
    found = rule_of(segment, given, "either")
    if found is not None:
        right = "right" if found == "standard" else f"right by {told_rule(found)}"
        return right if mode in (found, "either") else f"{right_crc(segment, mode)}; by {told_rule(found)} it is"
    if decipher is not None and given == crc16_hj212(turned(segment, decipher)):
        return "right for the plain text"
    if cipher_text(segment) is not None:
        return "that of the plain text: not to be checked without the key"
    return f"wrong: {right_crc(segment, mode)}"
