"""An entry of a pack as it travels, base fields and all: RFC 8428 §4 and Table 1."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isfinite
from typing import Final

from protocols.vocabulary.errors import ProtocolError

MAX_BYTES: Final = 65_536
MAX_RECORDS: Final = 10_000
MAX_TEXT: Final = 4_096
"""Characters of one text value."""
VERSION: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One SenML record of a pack, field names as in the JSON form; absent fields are None.

    Times are seconds; below 2**28 they are relative to the moment of receipt.
    """

    bn: str | None = None
    bt: float | None = None
    bu: str | None = None
    bv: float | None = None
    bs: float | None = None
    bver: int | None = None
    n: str | None = None
    u: str | None = None
    v: float | None = None
    vs: str | None = None
    vb: bool | None = None
    vd: bytes | None = None
    s: float | None = None
    t: float | None = None
    ut: float | None = None
    vlo: str | None = None
    """LwM2M's object link (OMA LwM2M 1.1 §7.4.4); not in RFC 8428."""

    @property
    def values(self) -> int:
        """How many of v, vs, vb, vd, vlo are there; a record may have one."""
        return sum(value is not None for value in (self.v, self.vs, self.vb, self.vd, self.vlo))

    @property
    def is_base_only(self) -> bool:
        """Whether it only sets base fields for the records after it (RFC 8428 §5.1.5's example)."""
        own = (self.n, self.u, self.s, self.t, self.ut)
        return not self.values and all(value is None for value in own)

    def fields(self) -> dict[str, float | str | bool | bytes | int]:
        """The fields that are there, in the order of Table 1."""
        present = ((name, getattr(self, name)) for name in FIELDS)
        return {name: value for name, value in present if value is not None}


FIELDS: Final = tuple(field.name for field in fields(Entry))


def entry(wire: Mapping[str, object]) -> Entry:
    """Check types, ranges and the rules of one record.

    An unknown field is ignored, unless its name ends in ``_``: that one must be understood (§4.4).

    :raises ProtocolError: a field has the wrong type, or is no finite number; two values; a version above 10.
    """
    checked: dict[str, object] = {}
    for name, value in wire.items():
        check = _CHECKS.get(name)
        if check is not None:
            checked[name] = check(name, value)
        elif name.endswith("_"):
            raise ProtocolError(f"SenML: field {name!r:.40} must be understood, and is not")
    made = Entry(**checked)  # type: ignore[arg-type]  # each was checked by the row of its name
    if made.values > 1:
        raise ProtocolError(f"SenML: record {made.n!r:.80} has {made.values} values")
    return made


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ProtocolError(f"SenML: {name}: expected a number, found {value!r:.40}")
    try:
        finite = isfinite(float(value))
    except OverflowError:
        finite = False
    if not finite:
        raise ProtocolError(f"SenML: {name}: expected a finite number, found {value!r:.40}")
    return value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ProtocolError(f"SenML: {name}: expected a text of at most {MAX_TEXT} characters, found {value!r:.40}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ProtocolError(f"SenML: {name}: a lone surrogate is no text") from None
    return value


def _boolean(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ProtocolError(f"SenML: {name}: expected true or false, found {value!r:.40}")
    return value


def _data(name: str, value: object) -> bytes:
    if not isinstance(value, bytes):
        raise ProtocolError(f"SenML: {name}: expected bytes, found {value!r:.40}")
    return value


def _version(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ProtocolError(f"SenML: {name}: expected a positive integer, found {value!r:.40}")
    if value > VERSION:
        raise ProtocolError(f"SenML: {name}: version {value} is above {VERSION}")
    return value


_CHECKS: Final = {
    **dict.fromkeys(("bt", "bv", "bs", "v", "s", "t", "ut"), _number),
    **dict.fromkeys(("bn", "bu", "n", "u", "vs", "vlo"), _text),
    "bver": _version,
    "vb": _boolean,
    "vd": _data,
}
