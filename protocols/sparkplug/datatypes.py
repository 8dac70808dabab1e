"""What a value means by its datatype: Sparkplug 3.0, chapter Payloads, datatype details.

Signed integers up to 32 bits travel in an unsigned 32-bit field. Senders differ in how they write a negative one: by
the two's complement of the type's own width (-1 as Int8 is FF), of 32 bits (FFFFFFFF), or of 64 bits in the long field.
All are read; a number that is none of them is out of range, and never cut to fit. UInt32 comes in the long field from
senders that are built on Tahu's Java and JavaScript libraries.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Final, cast

from protocols.sparkplug.arrays import ARRAYS, Element, pack, unpack
from protocols.sparkplug.values import DataSet, PropertySet, Slot, Template, Value
from protocols.vocabulary.errors import ProtocolError


class DataType(IntEnum):
    """The datatypes of Sparkplug 3.0. An unlisted number is carried as it came."""

    Unknown = 0
    Int8 = 1
    Int16 = 2
    Int32 = 3
    Int64 = 4
    UInt8 = 5
    UInt16 = 6
    UInt32 = 7
    UInt64 = 8
    Float = 9
    Double = 10
    Boolean = 11
    String = 12
    DateTime = 13
    Text = 14
    UUID = 15
    DataSet = 16
    Bytes = 17
    File = 18
    Template = 19
    PropertySet = 20
    PropertySetList = 21
    Int8Array = 22
    Int16Array = 23
    Int32Array = 24
    Int64Array = 25
    UInt8Array = 26
    UInt16Array = 27
    UInt32Array = 28
    UInt64Array = 29
    FloatArray = 30
    DoubleArray = 31
    BooleanArray = 32
    StringArray = 33
    DateTimeArray = 34


Typed = (
    int | float | bool | str | bytes | DataSet | Template | PropertySet | tuple[Element, ...] | tuple[PropertySet, ...]
)

_SIGNED: Final = {DataType.Int8: 8, DataType.Int16: 16, DataType.Int32: 32, DataType.Int64: 64}
_UNSIGNED: Final = {
    DataType.UInt8: 8,
    DataType.UInt16: 16,
    DataType.UInt32: 32,
    DataType.UInt64: 64,
    DataType.DateTime: 64,
}
INTEGERS: Final = frozenset({*_SIGNED, *_UNSIGNED} - {DataType.DateTime})
NUMBERS: Final = INTEGERS | {DataType.Float, DataType.Double}
"""What a reading can be made of; DateTime is a moment and no measured number."""

_SLOTS: Final[dict[int, tuple[Slot, ...]]] = {
    **dict.fromkeys(_SIGNED, ("int_value", "long_value")),
    **dict.fromkeys(_UNSIGNED, ("int_value", "long_value")),
    **dict.fromkeys((DataType.Float, DataType.Double), ("float_value", "double_value")),
    DataType.Boolean: ("boolean_value", "int_value"),
    **dict.fromkeys((DataType.String, DataType.Text, DataType.UUID), ("string_value",)),
    DataType.DataSet: ("dataset_value",),
    **dict.fromkeys((DataType.Bytes, DataType.File, *ARRAYS), ("bytes_value",)),
    DataType.Template: ("template_value",),
    DataType.PropertySet: ("propertyset_value",),
    DataType.PropertySetList: ("propertysets_value",),
}
"""Where the value of a datatype may stand."""
_HOME: Final[dict[int, Slot]] = {datatype: slots[0] for datatype, slots in _SLOTS.items()} | {
    DataType.Int64: "long_value",
    DataType.UInt64: "long_value",
    DataType.DateTime: "long_value",
    DataType.Double: "double_value",
}
"""Where the standard puts it."""
UNMISTAKABLE: Final = frozenset({"float_value", "double_value", "boolean_value", "string_value"})
"""Wire fields whose content means the same for every datatype that may stand there."""


def name_of(datatype: int | None) -> str | None:
    """``Int8``; ``datatype 99`` for an unlisted one."""
    if datatype is None:
        return None
    listed = DataType._value2member_map_.get(datatype)
    return f"datatype {datatype}" if listed is None else DataType(datatype).name


def typed(value: Value | None, datatype: int | None) -> Typed | None:
    """What a value means: a number, a truth, a text, bytes, elements, a table, a structure.

    Without a datatype, or with an unlisted one, its content as it travelled. A Float stays what its 32 bits say.

    :raises ProtocolError: it stands where this datatype cannot stand, or is out of the datatype's range.
    """
    if value is None:
        return None
    slots = _SLOTS.get(datatype or 0)
    if slots is None:
        return value.content
    kind = cast("int", datatype)
    if value.slot not in slots:
        raise ProtocolError(f"{name_of(kind)}: found {value.slot}, expected {' or '.join(slots)}")
    if kind in ARRAYS:
        return unpack(kind, cast("bytes", value.content))
    number = cast("int", value.content)
    if kind in _SIGNED:
        return _signed(number, kind)
    if kind in _UNSIGNED:
        return _unsigned(number, kind)
    return _boolean(number) if kind == DataType.Boolean else value.content


def value_of(datatype: int, meant: Any) -> Value:
    """The value as the standard writes it.

    :raises ValueError: it is not of the datatype, or out of its range.
    """
    slot = _HOME.get(datatype)
    if slot is None:
        raise ValueError(f"{name_of(datatype)}: no datatype to write")
    if datatype in _SIGNED or datatype in _UNSIGNED:
        return Value(slot, _wire_integer(datatype, meant))
    if datatype in ARRAYS:
        return Value(slot, pack(datatype, cast("Sequence[Element]", meant)))
    expected = _PYTHON[slot]
    if isinstance(meant, int) and expected is float and not isinstance(meant, bool):
        meant = float(meant)
    if not isinstance(meant, expected):
        raise ValueError(f"{name_of(datatype)}: expected {expected.__name__}, found {meant!r:.40}")  # noqa: TRY004  # one kind of error for whatever the datatype cannot hold
    return Value(slot, cast("Any", meant))


_PYTHON: Final[dict[Slot, type]] = {
    "float_value": float,
    "double_value": float,
    "boolean_value": bool,
    "string_value": str,
    "bytes_value": bytes,
    "dataset_value": DataSet,
    "template_value": Template,
    "propertyset_value": PropertySet,
    "propertysets_value": tuple,
}


def _wire_integer(datatype: int, meant: object) -> int:
    signed = _SIGNED.get(cast("DataType", datatype))
    bits = signed or _UNSIGNED[cast("DataType", datatype)]
    low, high = (-(1 << bits - 1), 1 << bits - 1) if signed else (0, 1 << bits)
    if isinstance(meant, bool) or not isinstance(meant, int) or not low <= meant < high:
        raise ValueError(f"{name_of(datatype)}: expected an integer of {low} to {high - 1}, found {meant!r:.40}")
    return meant & (0xFFFF_FFFF if bits <= 32 else 0xFFFF_FFFF_FFFF_FFFF)


def _signed(content: int, datatype: int) -> int:
    bits = _SIGNED[DataType(datatype)]
    half = 1 << bits - 1
    if content < half:
        return content
    for width in (bits, 32, 64):
        if (1 << width) - half <= content < 1 << width:
            return content - (1 << width)
    raise ProtocolError(f"{name_of(datatype)}: {content} is no two's complement of {bits} bits")


def _unsigned(content: int, datatype: int) -> int:
    bits = _UNSIGNED[DataType(datatype)]
    if content >= 1 << bits:
        raise ProtocolError(f"{name_of(datatype)}: {content} is more than {(1 << bits) - 1}")
    return content


def _boolean(content: int) -> bool:
    if content not in (0, 1):
        raise ProtocolError(f"Boolean: found {content}, expected 0 or 1")
    return bool(content)
