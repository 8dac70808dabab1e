"""`/api/v1/twins`."""

from typing import Annotated, Final

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import Connection

from cloud.api import answers
from cloud.api.answers import TwinAnswer, TwinDetail
from cloud.api.bodies import Attributes, Body, GeoPoint, Kind, Name, TownCode, refuse_outside, site_of
from cloud.api.context import Context
from cloud.api.filters import Selected
from cloud.api.gatekeeper import Reader, Writer
from cloud.api.paging import Cursor, Limit, Listing, listing, text_after
from cloud.api.problems import wrong_field
from cloud.registry import bindings, twins
from cloud.registry.access import Principal
from cloud.registry.categories import category_of
from cloud.registry.errors import NotFound
from cloud.registry.selection import Site
from cloud.registry.twins import Twin
from protocols.vocabulary import IdentityError, TwinId
from protocols.vocabulary.identity import DISTRICT

router: Final = APIRouter(prefix="/api/v1/twins", tags=["twins"])


class NewTwin(Body):
    """A twin to register: under the code it has, or under one minted for its category."""

    kind: Kind
    name: Name = ""
    town: TownCode | None = None
    location: GeoPoint | None = None
    code: Annotated[str, Field(pattern=r"^[0-9]{16}$")] | None = None
    category: Annotated[str, Field(pattern=r"^[0-9]{4}$")] | None = None
    attributes: Attributes = Field(default_factory=dict)


class TwinChange(Body):
    """What is given is written anew; what is left out stays."""

    name: Name | None = None
    town: TownCode | None = None
    location: GeoPoint | None = None
    attributes: Attributes | None = None


@router.get("")
def list_twins(context: Context, chosen: Selected, limit: Limit = 100, cursor: Cursor = "") -> Listing[TwinAnswer]:
    """Twins in the order of their codes."""
    with context.database.read() as tx:
        return listing(twins.page(tx, chosen, limit, text_after(cursor)), answers.twin)


@router.post("", status_code=201)
def register_twin(context: Context, who: Writer, body: NewTwin, response: Response) -> TwinDetail:
    """Adopt a code, or mint one without gaps or doubles."""
    with context.database.begin() as tx:
        made = enter(tx, who, body, context.clock.now_ms())
    response.headers["Location"] = f"/api/v1/twins/{made.id}"
    return answers.twin_detail(made, [])


def enter(tx: Connection, who: Principal, body: NewTwin, now_ms: int) -> Twin:
    """A new twin in the registry.

    :raises Problem: the place is not the sender's, or code and category disagree.
    :raises RegistryError: the code is taken, or all of its category are.
    """
    site = site_of(body.town, body.location)
    refuse_outside(who, site)
    if body.code is None:
        name = twins.mint(tx, DISTRICT, body.category or category_of(body.kind))
    elif body.category in {None, body.code[6:10]}:
        name = TwinId.from_code(body.code)
    else:
        raise wrong_field("category", f"the code {body.code} is of category {body.code[6:10]}")
    return twins.add(tx, Twin(name, body.kind, body.name, site, body.attributes), now_ms)


@router.get("/{twin}")
def show_twin(context: Context, who: Reader, twin: str) -> TwinDetail:
    """One twin and the neurons that watch or watched it."""
    name = twin_id(twin)
    with context.database.read() as tx:
        return answers.twin_detail(twins.get(tx, name, who.towns), bindings.of_twin(tx, name))


@router.patch("/{twin}")
def change_twin(context: Context, who: Writer, twin: str, body: TwinChange) -> TwinDetail:
    """Write name, place or attributes anew."""
    name, given = twin_id(twin), body.model_fields_set
    with context.database.begin() as tx:
        old = twins.get(tx, name, who.towns)
        asked = site_of(body.town, body.location)
        site = Site(
            asked.place if "town" in given else old.site.place,
            *((asked.lon, asked.lat) if "location" in given else (old.site.lon, old.site.lat)),
        )
        refuse_outside(who, site)
        attributes = old.attributes if body.attributes is None else body.attributes
        new = Twin(name, old.kind, old.name if body.name is None else body.name, site, attributes)
        return answers.twin_detail(twins.amend(tx, new, context.clock.now_ms()), bindings.of_twin(tx, name))


def twin_id(text: str) -> TwinId:
    """The identifier in a path.

    :raises NotFound: it cannot be one; the message names a wrong check character.
    """
    try:
        return TwinId.parse(text)
    except IdentityError as error:
        raise NotFound(str(error)) from None
