"""``yingzhou decode``: what the bytes of a frame mean, as a table or as JSON (docs: design §9)."""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from protocols.vocabulary import ProtocolError, SystemClock
from yingzhou.table import table

MAX_LINE: Final = 4 * 1024 * 1024
"""Bytes of one line of input."""

Told = dict[str, Any]

_HEX = re.compile(rb"(?:0[xX])?(?:[0-9A-Fa-f]{2}|[\s:,-]|(?<=[\s,])0[xX])*")
_BETWEEN = re.compile(rb"0[xX]|[\s:,-]")


class Codec(NamedTuple):
    """How one protocol's frames come in, and who tells what they mean."""

    describe: Callable[[bytes, argparse.Namespace], Told]
    text_starts: tuple[bytes, ...] = ()
    """A frame that starts so is taken as text; anything else must be hexadecimal."""


def _hj212(raw: bytes, args: argparse.Namespace) -> Told:
    from protocols.hj212.describe import describe  # noqa: PLC0415  # each protocol is imported when it is asked for

    return describe(raw, args.crc)


def _senml_json(raw: bytes, args: argparse.Namespace) -> Told:
    from protocols.senml.describe import describe_json  # noqa: PLC0415

    return describe_json(raw, args.now)


def _senml_cbor(raw: bytes, args: argparse.Namespace) -> Told:
    from protocols.senml.describe import describe_cbor  # noqa: PLC0415

    return describe_cbor(raw, args.now)


def _modbus_rtu(raw: bytes, _: argparse.Namespace) -> Told:
    from protocols.modbus.describe import describe_rtu  # noqa: PLC0415

    return describe_rtu(raw)


def _modbus_tcp(raw: bytes, _: argparse.Namespace) -> Told:
    from protocols.modbus.describe import describe_tcp  # noqa: PLC0415

    return describe_tcp(raw)


def _uplink(raw: bytes, args: argparse.Namespace) -> Told:
    from protocols.uplink.describe import describe  # noqa: PLC0415

    return describe(raw, args.key)


CODECS: Final[dict[str, Codec]] = {
    "hj212": Codec(_hj212, (b"##", b"QN=", b"ST=")),
    "modbus-rtu": Codec(_modbus_rtu),
    "modbus-tcp": Codec(_modbus_tcp),
    "senml-json": Codec(_senml_json, (b"[", b"{")),
    "senml-cbor": Codec(_senml_cbor),
    "uplink": Codec(_uplink),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("protocol", metavar="PROTOCOL", choices=CODECS, help=", ".join(CODECS))
    parser.add_argument(
        "frame",
        metavar="FRAME",
        nargs="*",
        help="hexadecimal (blanks, colons and 0x are fine) or text; - reads one frame per line; exit 1 if any was bad",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per frame")
    parser.add_argument(
        "--crc",
        choices=("standard", "modbus", "either"),
        default="standard",
        help="hj212: which CRC rule to accept (default: standard)",
    )
    parser.add_argument(
        "--now",
        type=float,
        metavar="SECONDS",
        help="senml: the moment that relative times count from, seconds since 1970 (default: now)",
    )
    parser.add_argument(
        "--key",
        type=bytes.fromhex,
        metavar="HEX",
        help="uplink: the gateway's HMAC key, to tell whether the envelope is signed with it",
    )


def run(args: argparse.Namespace) -> int:
    """Decode one frame, or each line of standard input."""
    if args.now is None:
        args.now = SystemClock().now_ms() / 1000
    if args.frame in ([], ["-"]):
        return _lines(args)
    told = _decode(os.fsencode(" ".join(args.frame)), args)
    print(_json(told) if args.json else table(told))
    return 0


def _lines(args: argparse.Namespace) -> int:
    bad = 0
    for number, line in enumerate(_input_lines(), 1):
        try:
            told = _decode(line, args)
        except ProtocolError as error:
            bad += 1
            if args.json:
                print(_json({"ok": False, "error": str(error)}), flush=True)
            else:
                print(f"yingzhou decode: line {number}: {error}", file=sys.stderr, flush=True)
            continue
        print(_json({"ok": True, "frame": told}) if args.json else f"{table(told)}\n", flush=True)
    return 1 if bad else 0


def _input_lines() -> Iterator[bytes]:
    stream = sys.stdin.buffer
    while line := stream.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE:
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE)
            line = b" " * (MAX_LINE + 1)
        yield line


def _decode(given: bytes, args: argparse.Namespace) -> Told:
    """:raises ProtocolError: it is no frame of the protocol, or neither text nor hexadecimal."""
    codec = CODECS[args.protocol]
    if len(given) > MAX_LINE:
        raise ProtocolError(f"more than {MAX_LINE} bytes in one line")
    return codec.describe(_frame_bytes(given, codec.text_starts), args)


def _frame_bytes(given: bytes, text_starts: tuple[bytes, ...]) -> bytes:
    bare = given.strip(b" \t\r\n")
    if not bare:
        raise ProtocolError("an empty frame")
    if bare.startswith(text_starts):
        return bare
    if _HEX.fullmatch(bare) is None:
        expected = "text or hexadecimal digits" if text_starts else "hexadecimal digits"
        raise ProtocolError(f"expected {expected} in pairs, found {bare[:40]!r}")
    return bytes.fromhex(_BETWEEN.sub(b"", bare).decode())


def _json(told: Told) -> str:
    return json.dumps(told, ensure_ascii=False, allow_nan=False)
