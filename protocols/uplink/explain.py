"""Which bytes of an envelope mean what (docs/uplink.md §2): ``yingzhou decode uplink --explain``."""

from datetime import UTC, datetime

from protocols.fields import Field, FieldReader
from protocols.uplink.envelope import MAC_LENGTH

_STREAMS = {1: "readings", 2: "events"}
_COMPRESSIONS = {0: "none", 1: "zstd"}


def explain(envelope: bytes) -> list[Field]:
    """Header, gateway, body and MAC; the body is not taken apart: it is compressed, mostly."""
    reader = FieldReader(envelope)
    reader.take(2, "magic", "YZ" if envelope.startswith(b"YZ") else "expected YZ")
    reader.take(1, "version", str(_integer(reader.peek(1))))
    reader.take(1, "stream", _STREAMS.get(_integer(reader.peek(1)), "not of version 1"))
    flags = _integer(reader.peek(1))
    told = [name for bit, name in ((1, "late"), (2, "clock not synchronised")) if flags & bit]
    reader.take(1, "flags", ", ".join(told) or "live, clock synchronised")
    reader.take(1, "compression", _COMPRESSIONS.get(_integer(reader.peek(1)), "not of version 1"))
    reader.take(1, "key number", str(_integer(reader.peek(1))))
    gateway = _integer(reader.peek(1))
    reader.take(1, "gateway length", f"{gateway} bytes")
    for width, name in ((8, "epoch"), (4, "sequence number"), (4, "readings or events")):
        reader.take(width, name, str(_integer(reader.peek(width))))
    reader.take(8, "sealed", _moment(_integer(reader.peek(8), signed=True)))
    reader.take(8, "uptime", f"{_integer(reader.peek(8))} ms since the epoch began")
    stored = _integer(reader.peek(4))
    reader.take(4, "stored length", f"{stored} bytes")
    reader.take(4, "raw length", f"{_integer(reader.peek(4))} bytes when expanded")
    reader.take(gateway, "gateway", reader.peek(gateway).decode("ascii", "replace"))
    reader.take(min(stored, reader.left), "body", "columns, or lines of JSON (docs/uplink.md §3)")
    reader.take(MAC_LENGTH, "MAC", "HMAC-SHA256 over all before it")
    return reader.rest("surplus", "behind the envelope's end")


def _integer(data: bytes, *, signed: bool = False) -> int:
    return int.from_bytes(data, "little", signed=signed)


def _moment(ms: int) -> str:
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return f"{ms} ms, outside of the calendar"
