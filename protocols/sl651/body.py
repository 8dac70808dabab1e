"""The body of a message: serial number, send time and items, read and written in both modes (§6.6)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from protocols.bcd import packed
from protocols.sl651.control import Mode
from protocols.sl651.frame import Frame
from protocols.sl651.functions import function
from protocols.sl651.items import AnyItem
from protocols.sl651.reader import Reader
from protocols.sl651.text import TextReader, write_text
from protocols.vocabulary.errors import ProtocolError

_STAMP = re.compile(r"[0-9]{12}")


@dataclass(frozen=True, slots=True)
class Body:
    """What a whole message says."""

    serial: int
    """0..65535."""
    send_time: str
    """YYMMDDHHmmSS, local."""
    items: tuple[AnyItem, ...] = ()


def read_body(frame: Frame) -> Body:
    """Read the body of a whole message; the parts of a longer one are joined before (joiner.py).

    :raises ProtocolError: it is only a part, or an item is not what its function code and its definition byte say.
    """
    if frame.packet is not None and frame.is_part:
        raise ProtocolError(f"packet {frame.packet.number} of {frame.packet.total}: join all of them first", frame.raw)
    serial, send_time = frame.serial, frame.send_time
    if serial is None or send_time is None:
        raise ProtocolError("body without serial number and send time", frame.raw)
    try:
        return Body(serial, send_time, tuple(items_of(frame)))
    except ProtocolError as error:
        raise ProtocolError(f"function {frame.function:02X}: {error}", frame.raw or frame.body) from None


def items_of(frame: Frame) -> Iterable[AnyItem]:
    """The items one by one, as far as they are right; :func:`read_body` gives them all or none.

    :raises ProtocolError: while it is iterated, at the first item that is not right.
    """
    meaning = function(frame.function)
    content = meaning.content(frame.direction)
    if frame.mode is Mode.ASCII:
        return TextReader(meaning, content, frame.content)
    return Reader(meaning, content, frame.content)


def compose(frame: Frame, body: Body) -> Frame:
    """The frame with this body in it, in the frame's mode.

    :raises ProtocolError: it would be read as something else.
    """
    if not 0 <= body.serial <= 0xFFFF:
        raise ProtocolError(f"serial number {body.serial}: expected 0 to 65535")
    if _STAMP.fullmatch(body.send_time) is None:
        raise ProtocolError(f"send time {body.send_time!r:.40}: expected YYMMDDHHmmSS")
    if frame.mode is Mode.ASCII:
        written = f"{body.serial:04X}{body.send_time}".encode() + write_text(body.items)
    else:
        written = body.serial.to_bytes(2, "big") + packed(body.send_time, 6) + _written(body.items)
    composed = replace(frame, body=written, packet=None, raw=b"")
    if (found := read_body(composed)) != body:
        raise ProtocolError(f"body of function {frame.function:02X}: would be read as {found.items!r:.200}")
    return composed


def _written(items: tuple[AnyItem, ...]) -> bytes:
    data = b""
    for item in items:
        encode = getattr(item, "encode", None)
        if encode is None:
            raise ProtocolError(f"{type(item).__name__}: belongs to ASCII mode")
        data += encode()
    return data
