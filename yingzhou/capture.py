"""A capture of a wire, cut into frames: ``yingzhou decode --stream``."""

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Final

from protocols.vocabulary import ConfigError, ProtocolError

_CHUNK: Final = 1 << 16
_BLANK = re.compile(rb"[\s:,-]+")
_DIGITS = re.compile(rb"[0-9A-Fa-f]*")


def frames_of(file: str, decoder: Any, *, hexadecimal: bool = False) -> Iterator[tuple[int, Any]]:
    """Each frame, and a ProtocolError for each run of bytes that is none, with the place of its first byte.

    :param file: ``-`` is standard input. Read in pieces: a capture may be larger than the memory.
    :param decoder: a fresh protocols.framing.Decoder whose frames know their ``raw`` bytes.
    :raises ConfigError: the file cannot be read, or is no hexadecimal.
    """
    kept = bytearray()
    begin = 0
    """The place of the first byte that is kept."""
    with ExitStack() as stack:
        pieces = _pieces(_opened(file, stack))
        for data, results in _fed(_unhexed(pieces) if hexadecimal else pieces, decoder):
            kept += data
            for result in results:
                at = max(kept.find(result.raw), 0)
                yield begin + at, result
                begin += at + len(result.raw)
                del kept[: at + len(result.raw)]
            surplus = max(len(kept) - _CHUNK - 2 * decoder.MAX_FRAME, 0)
            begin += surplus
            del kept[:surplus]
    if left := kept.lstrip(b"\r\n"):
        place = begin + len(kept) - len(left)
        yield place, ProtocolError(f"{len(left)} bytes at the end that are no whole frame", bytes(left[:64]))


def _fed(pieces: Iterator[bytes], decoder: Any) -> Iterator[tuple[bytes, list[Any]]]:
    for data in pieces:
        yield data, decoder.feed(data)
    if hasattr(decoder, "silence"):
        yield b"", decoder.silence()


def _opened(file: str, stack: ExitStack) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    try:
        return stack.enter_context(Path(file).open("rb"))
    except OSError as error:
        raise ConfigError(f"--stream: {file}: {error.strerror}") from error


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while data := source.read(_CHUNK):
        yield data


def _unhexed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """:raises ConfigError: other characters than digits and what may stand between them, or an odd digit at the end."""
    half = b""
    for piece in pieces:
        digits = half + _BLANK.sub(b"", piece)
        if _DIGITS.fullmatch(digits) is None:
            raise ConfigError(f"--hex: expected hexadecimal digits, found {digits[:40]!r}")
        whole = len(digits) // 2 * 2
        half = digits[whole:]
        yield bytes.fromhex(digits[:whole].decode())
    if half:
        raise ConfigError("--hex: an odd number of digits")
