"""Resolved records: base fields worked in, absolute times (RFC 8428 §4.6)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Final

from protocols.senml.pack import Entry
from protocols.vocabulary.errors import ProtocolError

RELATIVE_BELOW_S: Final = 2**28
END_OF_TIME_S: Final = 253_402_300_800
"""9999-12-31T24:00:00Z: a later time cannot be written in RFC 3339."""

_NAME = re.compile(r"[A-Za-z0-9/][A-Za-z0-9:./_-]{0,254}")


@dataclass(frozen=True, slots=True)
class Record:
    """One measurement that stands alone. Of v, vs, vb, vd and vlo at most one is not None."""

    name: str
    unit: str | None
    """A SenML unit (RFC 8428 §12.1, RFC 8798), not UCUM: see protocols.senml.units."""
    time_s: float
    """Seconds since 1970-01-01 UTC."""
    relative: bool
    """Whether the sender counted from now: it has no clock, or did not use it."""
    v: float | None = None
    vs: str | None = None
    vb: bool | None = None
    vd: bytes | None = None
    s: float | None = None
    """The sum: the value integrated over time, in the unit times seconds."""
    ut: float | None = None
    """Seconds until the next record is to be expected."""
    vlo: str | None = None

    @property
    def time_ms(self) -> int:
        """The time as a Reading carries it: UTC ms."""
        return round(self.time_s * 1000)


@dataclass(frozen=True, slots=True)
class _Base:
    """The base fields in force."""

    bn: str = ""
    bt: float = 0
    bu: str | None = None
    bv: float | None = None
    bs: float | None = None
    bver: int | None = None


_BASE: Final = tuple(field.name for field in fields(_Base))


def resolve(entries: Iterable[Entry], now_s: float) -> list[Record]:
    """Work the base fields in and make times absolute; order as in the pack.

    :param now_s: the moment of receipt, seconds since 1970-01-01 UTC.
    :raises ProtocolError: a name is empty or has wrong characters, a record has neither value nor sum, a time lies
        outside of 1970..9999, two versions in one pack.
    """
    base = _Base()
    records = []
    for one in entries:
        changed = {name: value for name in _BASE if (value := getattr(one, name)) is not None}
        if changed:
            if base.bver is not None and changed.get("bver", base.bver) != base.bver:
                raise ProtocolError("SenML: two versions in one pack")
            base = replace(base, **changed)
        if not one.is_base_only:
            records.append(_resolved(one, base, now_s))
        elif not changed:
            raise ProtocolError("SenML: an empty record")
    return records


def _resolved(one: Entry, base: _Base, now_s: float) -> Record:
    name = base.bn + (one.n or "")
    if _NAME.fullmatch(name) is None:
        raise ProtocolError(f"SenML: name {name!r:.80}: expected 1 to 255 of A-Z a-z 0-9 - : . / _")
    value = _sum(base.bv if one.v is not None or not one.values else None, one.v)
    total = _sum(base.bs, one.s)
    if not one.values and value is None and total is None:
        raise ProtocolError(f"SenML: record {name!r} has neither value nor sum")
    time = base.bt + (one.t or 0)
    relative = time < RELATIVE_BELOW_S
    if relative:
        time += now_s
    if not 0 <= time < END_OF_TIME_S:
        raise ProtocolError(f"SenML: record {name!r}: time {time:g} s is outside of 1970 to 9999")
    return Record(
        name,
        base.bu if one.u is None else one.u,
        float(time),
        relative,
        value,
        one.vs,
        one.vb,
        one.vd,
        total,
        one.ut,
        one.vlo,
    )


def _sum(base: float | None, own: float | None) -> float | None:
    """Base and own part, the one that is missing counted as zero; None when both are."""
    if base is None and own is None:
        return None
    total = float(base or 0) + float(own or 0)
    if not isfinite(total):
        raise ProtocolError(f"SenML: base {base} and {own} add up to no finite number")
    return total
