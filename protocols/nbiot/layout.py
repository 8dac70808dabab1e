"""Fields back to back, as the product model at CTWing or Huawei lists them: big-endian, in the order of the model."""

import re
import struct
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from protocols.vocabulary.errors import ProtocolError

Value = int | float | str

_NUMBERS: Final[dict[str, struct.Struct]] = {
    "u8": struct.Struct(">B"),
    "s8": struct.Struct(">b"),
    "u16": struct.Struct(">H"),
    "s16": struct.Struct(">h"),
    "u32": struct.Struct(">I"),
    "s32": struct.Struct(">i"),
    "u64": struct.Struct(">Q"),
    "s64": struct.Struct(">q"),
    "f32": struct.Struct(">f"),
    "f64": struct.Struct(">d"),
}
_LENGTHS: Final = {"text8": 1, "hex8": 1, "text16": 2, "hex16": 2}
_FORM: Final = re.compile(
    r"([A-Za-z_$][A-Za-z0-9_$]{0,63}):([a-z]+[0-9]*)(?:\[([0-9]{1,5}|[A-Za-z_$][A-Za-z0-9_$]*)\])?"
)
MAX_FIELDS: Final = 256


class LayoutField(NamedTuple):
    """One field.

    ==========================  =========================================================================
    kind                        bytes
    ==========================  =========================================================================
    u8 u16 u32 u64, s8 ... s64  an integer, without or with a sign
    f32 f64                     IEEE 754
    text, hex                   ``length`` bytes: a number, or the name of an integer field in front of it
    text8 hex8, text16 hex16    as many bytes as the 1 or 2 bytes in front of them say
    ==========================  =========================================================================
    """

    name: str
    kind: str
    length: int | str = 0

    @property
    def is_text(self) -> bool:
        """Text is told as characters, hex as digits."""
        return self.kind.startswith("text")


Layout = tuple[LayoutField, ...]


def parse(text: str) -> Layout:
    """Read ``level:u8,temperature:s16,name:text[6]``.

    :raises ProtocolError: a field of another form, an unknown kind, a name twice, or a length field that is none.
    """
    fields: list[LayoutField] = []
    for part in text.replace(" ", "").split(","):
        match = _FORM.fullmatch(part)
        if match is None:
            raise ProtocolError(f"layout: {part!r:.40}: expected name:kind or name:kind[length]")
        length: int | str = int(match[3]) if (match[3] or "x").isdigit() else match[3] or 0
        fields.append(LayoutField(match[1], match[2], length))
    return checked(fields)


def checked(fields: Iterable[LayoutField]) -> Layout:
    """A layout that can be read with.

    :raises ProtocolError: as :func:`parse`.
    """
    integers: set[str] = set()
    names: set[str] = set()
    layout = tuple(fields)
    for field in layout:
        sized = field.kind in ("text", "hex")
        if not (sized or field.kind in _NUMBERS or field.kind in _LENGTHS):
            known = ", ".join([*_NUMBERS, "text", "hex", *_LENGTHS])
            raise ProtocolError(f"layout: {field.name}: kind {field.kind!r:.20}: expected one of {known}")
        if isinstance(field.length, str) and field.length not in integers:
            raise ProtocolError(f"layout: {field.name}: length {field.length!r:.40} is no integer field in front of it")
        if field.name in names or sized is (field.length == 0) or len(layout) > MAX_FIELDS:
            raise ProtocolError(
                f"layout: {field.name}: comes twice, lacks a length, has one too many, or {MAX_FIELDS} passed"
            )
        names.add(field.name)
        if field.kind[0] in "us":
            integers.add(field.name)
    return layout


class Part(NamedTuple):
    """A field as it was found."""

    field: LayoutField
    start: int
    """Where its length, if it brings one, or else its value begins."""
    begin: int
    """Where its value begins."""
    end: int
    value: Value


def read(layout: Layout, data: bytes) -> dict[str, Value]:
    """The values by name; ``data`` must be used up. A float may be NaN or infinite: devices say so that they have none.

    :raises ProtocolError: bytes are missing or left over, or a text is no UTF-8.
    """
    found = parts(layout, data)
    end = found[-1].end if found else 0
    if end != len(data):
        raise ProtocolError(
            f"layout: {len(data) - end} bytes are left after {layout[-1].name if layout else 'nothing'}", data
        )
    return {part.field.name: part.value for part in found}


def parts(layout: Layout, data: bytes) -> list[Part]:
    """The fields one after the other.

    :raises ProtocolError: bytes are missing, or a text is no UTF-8.
    """
    found: list[Part] = []
    values: dict[str, Value] = {}
    start = 0
    for field in layout:
        width = _LENGTHS.get(field.kind, 0)
        length = _length(field, values, data[start : start + width])
        begin, end = start + width, start + width + length
        if end > len(data):
            raise ProtocolError(f"layout: {field.name}: {end - start} bytes, {len(data) - start} are left", data)
        values[field.name] = _value(field, data[begin:end])
        found.append(Part(field, start, begin, end, values[field.name]))
        start = end
    return found


def _length(field: LayoutField, values: Mapping[str, Value], announced: bytes) -> int:
    if field.kind in _NUMBERS:
        return _NUMBERS[field.kind].size
    if field.kind in _LENGTHS:
        return int.from_bytes(announced)
    length = values[field.length] if isinstance(field.length, str) else field.length
    if not isinstance(length, int) or length < 0:
        raise ProtocolError(f"layout: {field.name}: length {length} is none")
    return length


def _value(field: LayoutField, data: bytes) -> Value:
    form = _NUMBERS.get(field.kind)
    if form is not None:
        number: int | float = form.unpack(data)[0]
        return number
    if not field.is_text:
        return data.hex()
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise ProtocolError(f"layout: {field.name}: {data.hex():.40} is no UTF-8", data) from None


def write(layout: Layout, values: Mapping[str, Value]) -> bytes:
    """The inverse of :func:`read`; a field that says another's length is given like any other.

    :raises ProtocolError: a value is missing, or does not fit its field.
    """
    raw = b"".join(_written(field, values) for field in layout)
    back = read(layout, raw)
    for field in layout:
        if field.kind[0] != "f" and back[field.name] != values[field.name]:
            raise ProtocolError(
                f"layout: {field.name}: {values[field.name]!r:.40} would be read as {back[field.name]!r:.40}"
            )
    return raw


def _written(field: LayoutField, values: Mapping[str, Value]) -> bytes:
    try:
        value = values[field.name]
        form = _NUMBERS.get(field.kind)
        if form is not None:
            return form.pack(value)
        data = str(value).encode() if field.is_text else bytes.fromhex(str(value))
        return len(data).to_bytes(_LENGTHS.get(field.kind, 0)) + data if field.kind in _LENGTHS else data
    except (KeyError, ValueError, struct.error, OverflowError) as error:
        raise ProtocolError(f"layout: {field.name}: {error}") from None
