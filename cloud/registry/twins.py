"""Twins: physical objects with one identifier for life, minted here or adopted from an asset ledger."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from cloud.geo.towns import Place
from cloud.registry.errors import Conflict, Invalid, NotFound
from cloud.registry.schema import TWIN, TWIN_SERIAL
from cloud.registry.selection import Page, Selection, Site
from protocols.vocabulary import TwinId

_LAST_SERIAL = 999_999
_WALK = 1_000


@dataclass(frozen=True, slots=True)
class Twin:
    """One physical object."""

    id: TwinId
    kind: str
    name: str
    site: Site
    attributes: dict[str, Any]
    created_ms: int = 0
    updated_ms: int = 0


def mint(tx: Connection, district: str, category: str) -> TwinId:
    """The next identifier of a district and category, without gaps or doubles however many ask at once.

    Serials that an adopted code occupies are skipped. The serial is taken only if the transaction commits.

    :raises Invalid: district or category is not 6 or 4 digits, or all 999,999 serials are taken.
    """
    try:
        prefix = TwinId.compose(district, category, 1).code[:10]
    except ValueError as error:
        raise Invalid(str(error), "category") from error
    first = _take_serial(tx, prefix)
    serial = _first_free(tx, prefix, first)
    if serial > _LAST_SERIAL:
        raise Invalid(f"category {category}: all serials of district {district} are taken", "category")
    if serial != first:
        tx.execute(update(TWIN_SERIAL).where(TWIN_SERIAL.c.prefix == prefix).values(next=serial + 1))
    return TwinId.compose(district, category, serial)


def add(tx: Connection, twin: Twin, now_ms: int) -> Twin:
    """Register a twin under its identifier.

    :raises Conflict: the identifier is taken.
    """
    if tx.scalar(select(TWIN.c.code).where(TWIN.c.code == twin.id.code)) is not None:
        raise Conflict(f"twin {twin.id} exists already", "code")
    values = {
        "code": twin.id.code,
        "kind": twin.kind,
        "name": twin.name,
        **_site_values(twin.site),
        "attributes": twin.attributes,
        "created_ms": now_ms,
        "updated_ms": now_ms,
    }
    tx.execute(insert(TWIN).values(values))
    return get(tx, twin.id)


def get(tx: Connection, twin: TwinId, scope: frozenset[str] = frozenset()) -> Twin:
    """One twin.

    :raises NotFound: there is none, or none in the asker's towns.
    """
    row = tx.execute(select(TWIN).where(TWIN.c.code == twin.code, *Selection(scope).conditions(TWIN))).one_or_none()
    if row is None:
        raise NotFound(f"no twin {twin}")
    return _twin(row)


def amend(tx: Connection, twin: Twin, now_ms: int) -> Twin:
    """Write name, site and attributes anew; identifier and kind are for life.

    :raises NotFound: there is none.
    """
    values = {"name": twin.name, **_site_values(twin.site), "attributes": twin.attributes, "updated_ms": now_ms}
    tx.execute(update(TWIN).where(TWIN.c.code == twin.id.code).values(values))
    return get(tx, twin.id)


def page(tx: Connection, selection: Selection, limit: int, after: str = "") -> Page[Twin]:
    """Twins in the order of their codes, behind the code ``after``."""
    question = (
        select(TWIN).where(TWIN.c.code > after, *selection.conditions(TWIN)).order_by(TWIN.c.code).limit(limit + 1)
    )
    return Page.of([_twin(row) for row in tx.execute(question)], limit, lambda twin: twin.id.code)


def _take_serial(tx: Connection, prefix: str) -> int:
    following = update(TWIN_SERIAL).where(TWIN_SERIAL.c.prefix == prefix).values(next=TWIN_SERIAL.c.next + 1)
    following = following.returning(TWIN_SERIAL.c.next)
    taken = tx.scalar(following)
    if taken is None:
        try:
            with tx.begin_nested():
                tx.execute(insert(TWIN_SERIAL).values(prefix=prefix, next=2))
        except IntegrityError:  # somebody else was the first of this category at the same time
            taken = tx.execute(following).scalar_one()
        else:
            taken = 2
    return int(taken) - 1


def _first_free(tx: Connection, prefix: str, serial: int) -> int:
    while serial <= _LAST_SERIAL:
        question = (
            select(TWIN.c.code)
            .where(TWIN.c.code >= f"{prefix}{serial:06d}", TWIN.c.code <= f"{prefix}{_LAST_SERIAL}")
            .order_by(TWIN.c.code)
            .limit(_WALK)
        )
        taken = [int(code[10:]) for code in tx.scalars(question)]
        for number in taken:
            if number != serial:
                return serial
            serial += 1
        if len(taken) < _WALK:
            return serial
    return serial


def _site_values(site: Site) -> dict[str, Any]:
    return {"town": site.place.town, "village": site.place.village, "lon": site.lon, "lat": site.lat}


def _twin(row: Row[Any]) -> Twin:
    site = Site(Place(row.town, row.village), row.lon, row.lat)
    return Twin(TwinId(row.code), row.kind, row.name, site, row.attributes, row.created_ms, row.updated_ms)
