"""The two representations: JSON (RFC 8428 §5) and CBOR (§6, Table 4)."""

import base64
import binascii
import json
import re
from collections.abc import Iterable
from typing import Final

from protocols import cbor, strict_json
from protocols.senml.pack import MAX_BYTES, MAX_RECORDS, Entry, entry
from protocols.vocabulary.errors import FrameTooLong, ProtocolError

LABELS: Final = {
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip
_NUMBERS: Final = {name: label for label, name in LABELS.items()}
_INDEFINITE_ARRAY: Final = 0x9F
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*={0,2}")


def decode_json(data: bytes, max_bytes: int = MAX_BYTES) -> list[Entry]:
    """Read a pack, ``application/senml+json``.

    :raises ProtocolError: no UTF-8 JSON, NaN or infinite numbers, a key twice, nested too deep, or against §4.
    """
    _bounded(data, max_bytes)
    return _entries(_members(record) for record in parse_json(data))


def parse_json(data: bytes) -> list[object]:
    """The JSON array of a pack as Python values, before SenML's own rules.

    :raises ProtocolError: as decode_json.
    """
    return _array(strict_json.loads(data, "SenML"))


def decode_cbor(data: bytes, max_bytes: int = MAX_BYTES) -> list[Entry]:
    """Read a pack, ``application/senml+cbor``.

    :raises ProtocolError: not one strict CBOR item, an array of indefinite length (that is SenSML), or against §4.
    """
    _bounded(data, max_bytes)
    return _entries(_named(record) for record in parse_cbor(data))


def parse_cbor(data: bytes) -> list[object]:
    """The CBOR array of a pack as Python values with its labels, before SenML's own rules.

    :raises ProtocolError: as decode_cbor.
    """
    if data[:1] and data[0] == _INDEFINITE_ARRAY:
        raise ProtocolError("SenML: a pack is an array of definite length (RFC 8428 §6)", data)
    return _array(cbor.loads(data))


def encode_json(entries: Iterable[Entry]) -> bytes:
    """Write a pack, ``application/senml+json``, without blanks.

    :raises ProtocolError: an entry breaks the rules that a reader checks.
    """
    pack = [_checked(one).fields() for one in entries]
    for record in pack:
        if isinstance(data := record.get("vd"), bytes):
            record["vd"] = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    return json.dumps(pack, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def encode_cbor(entries: Iterable[Entry]) -> bytes:
    """Write a pack, ``application/senml+cbor``.

    :raises ProtocolError: an entry breaks the rules that a reader checks.
    """
    pack = [_checked(one).fields() for one in entries]
    return cbor.dumps([{_NUMBERS.get(name, name): value for name, value in record.items()} for record in pack])


def _checked(one: Entry) -> Entry:
    return entry(one.fields())


def _bounded(data: bytes, max_bytes: int) -> None:
    if len(data) > max_bytes:
        raise FrameTooLong(f"SenML: {len(data)} bytes, {max_bytes} are allowed", data[:64])


def _array(value: object) -> list[object]:
    if not isinstance(value, list):
        raise ProtocolError(f"SenML: expected an array of records, found {type(value).__name__}")
    if len(value) > MAX_RECORDS:
        raise FrameTooLong(f"SenML: {len(value)} records, {MAX_RECORDS} are allowed")
    return value


def _entries(records: Iterable[dict[str, object]]) -> list[Entry]:
    return [entry(record) for record in records]


def _record(value: object) -> dict[object, object]:
    if not isinstance(value, dict):
        raise ProtocolError(f"SenML: expected a record, found {value!r:.40}")
    return value


def _members(value: object) -> dict[str, object]:
    record = {str(name): member for name, member in _record(value).items()}
    if "vd" in record:
        record["vd"] = _base64url(record["vd"])
    return record


def _base64url(text: object) -> bytes:
    """Base64 with the URL alphabet, padding left out (§5)."""
    if not isinstance(text, str) or _BASE64URL.fullmatch(text) is None:
        raise ProtocolError(f"SenML: vd: expected base64url, found {text!r:.40}")
    bare = text.rstrip("=")
    try:
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error as error:
        raise ProtocolError(f"SenML: vd: {error}") from None


def _named(value: object) -> dict[str, object]:
    """Labels of Table 4 become names; a label that is not in it is ignored as an unknown name is."""
    named: dict[str, object] = {}
    for label, member in _record(value).items():
        name = LABELS.get(label, "") if isinstance(label, int) else str(label)
        if name in named:
            raise ProtocolError(f"SenML: {name!r:.40} comes twice")
        if name:
            named[name] = float(member) if isinstance(member, cbor.DecimalFraction) else member
    return named
