"""``yingzhou decode``: what the bytes of a frame mean, as a table or as JSON (docs: design §9)."""

import argparse
import binascii
import json
import os
import re
import sys
from collections.abc import Iterator
from typing import Final

from protocols.fields import Field
from protocols.vocabulary import ConfigError, ProtocolError, SystemClock
from yingzhou.capture import frames_of
from yingzhou.codecs import CODECS, Told, Tools
from yingzhou.table import rows, table

MAX_LINE: Final = 4 * 1024 * 1024
"""Bytes of one line of input."""

REST: Final = "frame"
"""Words that come behind options belong to the frame as well."""

_HEX = re.compile(rb"(?:0[xX])?(?:[0-9A-Fa-f]{2}|[\s:,-]|(?<=[\s,])0[xX])*")
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_BETWEEN = re.compile(rb"0[xX]|[\s:,-]")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("protocol", metavar="PROTOCOL", choices=CODECS, help=", ".join(CODECS))
    parser.add_argument(
        "frame",
        metavar="FRAME",
        nargs="*",
        help="hexadecimal (blanks, colons and 0x are fine), text, or for sparkplug base64; - reads one frame per line; "
        "exit 1 if any was bad",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per frame")
    parser.add_argument("--explain", action="store_true", help="which bytes mean what, field by field")
    parser.add_argument(
        "--stream",
        metavar="FILE",
        help="a capture: bytes as they were on the wire (- is standard input); every frame in it with its place, "
        "and what is no frame",
    )
    parser.add_argument("--hex", action="store_true", help="--stream: the capture is written in hexadecimal")
    parser.add_argument(
        "--crc",
        choices=("standard", "modbus", "modbus-swapped", "either"),
        default="standard",
        help="hj212: which CRC rule to accept (default: standard)",
    )
    parser.add_argument(
        "--direction",
        choices=("request", "response", "both"),
        default="response",
        help="--stream of modbus-rtu and modbus-tcp: whose frames the capture holds; both: questions and answers, "
        "paired (default: response)",
    )
    parser.add_argument(
        "--lists",
        choices=("first", "clock-hour"),
        default="first",
        help="sl651: which time stands in front of the lists of an hour: that of the first value, as the standard has "
        "it, or any time in the hour (default: first)",
    )
    parser.add_argument(
        "--now",
        type=float,
        metavar="SECONDS",
        help="senml: the moment that relative times count from, seconds since 1970 (default: now)",
    )
    parser.add_argument(
        "--path",
        metavar="/OBJECT[/INSTANCE[/RESOURCE]]",
        help="lwm2m-tlv: what was read or observed, which the bytes do not tell (default: the object is guessed)",
    )
    parser.add_argument(
        "--layout",
        metavar="NAME:KIND,...",
        help="nbiot-*: the fields of the product's model, such as level:u8,temperature:s16,name:text[6]",
    )
    parser.add_argument(
        "--topic",
        help="sparkplug: the MQTT topic that the payload came in, spBv1.0/...: it tells the type of the message",
    )
    parser.add_argument(
        "--key",
        type=bytes.fromhex,
        metavar="HEX",
        help="uplink: the gateway's HMAC key, to tell whether the envelope is signed with it; hj212: the SM4 key of "
        "encrypted contents (HJ 212-2025), 16 bytes; needs the Python package cryptography",
    )


def run(args: argparse.Namespace) -> int:
    """Decode one frame, each line of standard input, or each frame of a capture."""
    if args.now is None:
        args.now = SystemClock().now_ms() / 1000
    tools = CODECS[args.protocol].load(args)
    if args.stream is not None:
        return _stream(tools, args)
    if args.frame in ([], ["-"]):
        return _lines(tools, args)
    raw = _given(os.fsencode(" ".join(args.frame)), args.protocol)
    told = _Decoded.of(raw, tools, args)
    if told.error is not None and not told.fields:
        raise told.error
    print(_json(told.frame_or_error() if told.error else told.object()) if args.json else told.text())
    if told.error is not None:
        raise told.error
    return 0


class _Decoded:
    """One frame as it is printed: what it says, or why it says nothing; its fields, when they were asked for."""

    def __init__(self, frame: Told | None, error: ProtocolError | None, fields: list[Told] | None) -> None:
        self.frame = frame
        self.error = error
        self.fields = fields

    @classmethod
    def of(cls, raw: bytes, tools: Tools, args: argparse.Namespace) -> "_Decoded":
        fields = _fields(raw, tools, args.protocol) if args.explain else None
        try:
            return cls(tools.describe(raw), None, fields)
        except ProtocolError as error:
            return cls(None, error, fields)

    def object(self) -> Told:
        """The frame alone, as ``--json`` prints one; its fields beside what it says."""
        return (self.frame or {}) | ({"fields": self.fields} if self.fields is not None else {})

    def frame_or_error(self) -> Told:
        """One of many, as ``--json`` prints it."""
        told: Told = {"ok": False, "error": str(self.error)} if self.error else {"ok": True, "frame": self.frame}
        return told | ({"fields": self.fields} if self.fields is not None else {})

    def text(self) -> str:
        """For people; an explanation takes the place of the table."""
        return rows(self.fields) if self.fields is not None else table(self.frame or {})


def _fields(raw: bytes, tools: Tools, protocol: str) -> list[Told]:
    """The rows of an explanation. Bytes are shown as text where the frame is one of text."""
    starts = CODECS[protocol].text_starts
    readable = bool(starts) and raw.startswith(starts)
    return [_field(raw, field, readable) for field in tools.explain(raw)]


def _field(raw: bytes, field: Field, readable: bool) -> Told:
    data = raw[field.start : field.end]
    text = data.decode("utf-8", "backslashreplace") if readable else ""
    line = " ".join(text.split()) if text.encode("utf-8", "replace") == data else ""
    shown = line if line.isprintable() and line else data.hex(" ").upper()
    return {
        "at": field.start,
        "bytes": data.hex().upper(),
        "shown": shown,
        "name": field.name,
        "meaning": field.meaning,
    }


def _lines(tools: Tools, args: argparse.Namespace) -> int:
    bad = 0
    for number, line in enumerate(_input_lines(), 1):
        try:
            told = _Decoded.of(_given(line, args.protocol), tools, args)
        except ProtocolError as error:
            told = _Decoded(None, error, None)
        bad += _print(told, args, {}, f"line {number}")
    return 1 if bad else 0


def _stream(tools: Tools, args: argparse.Namespace) -> int:
    if tools.decoder is None:
        raise ConfigError(f"--stream: {args.protocol} comes one frame at a time; - reads one per line")
    if args.frame:
        raise ConfigError("--stream FILE takes the place of FRAME")
    bad = 0
    for place, found in frames_of(args.stream, tools.decoder(), hexadecimal=args.hex):
        if isinstance(found, ProtocolError):
            told = _Decoded(None, found, None)
        else:
            told = _Decoded.of(found.raw, tools.heard(found) if tools.heard else tools, args)
        bad += _print(told, args, {"at": place}, f"byte {place}")
    return 1 if bad else 0


def _print(told: _Decoded, args: argparse.Namespace, where: Told, place: str) -> bool:
    """Whether it was bad: then one line on standard error says so, whatever stands on standard output."""
    if args.json:
        print(_json(told.frame_or_error() | where), flush=True)
    elif told.error is None:
        print(f"{place}\n{told.text()}\n" if where else f"{told.text()}\n", flush=True)
    elif told.fields:
        print(f"{told.text()}\n", flush=True)
    if told.error is not None:
        print(f"yingzhou decode: {place}: {told.error}", file=sys.stderr, flush=True)
    return told.error is not None


def _input_lines() -> Iterator[bytes]:
    stream = sys.stdin.buffer
    while line := stream.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE)
            line = b" " * (MAX_LINE + 1)
        yield line


def _given(given: bytes, protocol: str) -> bytes:
    """The bytes that were meant.

    :raises ProtocolError: neither text that the protocol knows nor hexadecimal.
    """
    if len(given) > MAX_LINE:
        raise ProtocolError(f"more than {MAX_LINE} bytes in one line")
    codec = CODECS[protocol]
    bare = given.strip(b" \t\r\n")
    if not bare:
        raise ProtocolError("an empty frame")
    if bare.startswith(codec.text_starts):
        return bare
    if _HEX.fullmatch(bare) is not None:
        return bytes.fromhex(_BETWEEN.sub(b"", bare).decode())
    if codec.base64 and (given64 := _base64(bare)) is not None:
        return given64
    expected = ("text or " if codec.text_starts else "") + "hexadecimal digits in pairs"
    raise ProtocolError(f"expected {expected}{' or base64' if codec.base64 else ''}, found {bare[:40]!r}")


def _base64(text: bytes) -> bytes | None:
    """The bytes of base64 with its padding, of either alphabet, in one line or in several; None when it is none.

    Digits of a hexadecimal frame that are one too few or one too many are no whole groups of four, and stay an error.
    """
    try:
        return binascii.a2b_base64(b"".join(text.split()).translate(_URL_SAFE), strict_mode=True)
    except binascii.Error:
        return None


def _json(told: Told) -> str:
    return json.dumps(told, ensure_ascii=False, allow_nan=False)
