"""`/api/v1/keys`, one-time tickets for the console, and the end of a session."""

from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from cloud.api.bodies import Body, Name, Time, TownCode
from cloud.api.context import Context
from cloud.api.gatekeeper import COOKIE, Admin
from cloud.api.paging import Cursor, Limit, Listing, listing, text_after
from cloud.api.problems import wrong_field
from cloud.api.tickets import LIFETIME_S
from cloud.api.times import format_time, parse_time
from cloud.registry import keys, sessions
from cloud.registry.keys import ApiKey, Scope
from cloud.secrets import new_api_key

router: Final = APIRouter(prefix="/api/v1", tags=["access"])


class NewKey(Body):
    """An API key to make."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4)]
    towns: Annotated[list[TownCode], Field(default_factory=list, max_length=18, description="none: the whole district")]
    expires: Time | None = None


class KeyAnswer(BaseModel):
    """What is known of a key."""

    id: str
    name: str
    scopes: list[str]
    towns: list[str]
    created: str
    expires: str | None
    revoked: str | None


class MadeKey(KeyAnswer):
    """With the key itself, shown this once."""

    key: str


class Ticket(BaseModel):
    """Opens the console once."""

    ticket: str
    path: str
    expires: str


@router.get("/keys")
def list_keys(context: Context, _who: Admin, limit: Limit = 100, cursor: Cursor = "") -> Listing[KeyAnswer]:
    """All keys, revoked ones too."""
    with context.database.read() as tx:
        return listing(keys.page(tx, limit, text_after(cursor)), lambda one: KeyAnswer(**_form(one)))


@router.post("/keys", status_code=201)
def make_key(context: Context, _who: Admin, body: NewKey) -> MadeKey:
    """Make a key; it is shown in this answer and never again."""
    now_ms = context.clock.now_ms()
    expires_ms = None if body.expires is None else parse_time(body.expires)
    if expires_ms is not None and expires_ms <= now_ms:
        raise wrong_field("expires", "this is over already")
    if "admin" in body.scopes and body.towns:
        raise wrong_field("towns", "an admin sees the whole district")
    for number, town in enumerate(body.towns):
        if len(town) != 9:
            raise wrong_field(f"towns/{number}", "expected the 9 digits of a town")
    text = new_api_key()
    with context.database.begin() as tx:
        made = keys.add(tx, text, body.name, body.scopes, now_ms, towns=body.towns, expires_ms=expires_ms)
    return MadeKey(**_form(made), key=text)


@router.delete("/keys/{key}", status_code=204)
def revoke_key(context: Context, _who: Admin, key: str) -> None:
    """Let a key in no longer."""
    with context.database.begin() as tx:
        keys.revoke(tx, key, context.clock.now_ms())


@router.post("/tickets", status_code=201)
def issue_ticket(context: Context, _who: Admin) -> Ticket:
    """A link that opens the console once."""
    ticket = context.tickets.issue()
    expires = format_time(context.clock.now_ms() + LIFETIME_S * 1000)
    return Ticket(ticket=ticket, path=f"/login?ticket={ticket}", expires=expires)


@router.delete("/session", status_code=204)
def end_session(context: Context, _who: Admin, request: Request, response: Response) -> None:
    """Leave the console."""
    with context.database.begin() as tx:
        sessions.end(tx, request.cookies.get(COOKIE, ""))
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")


def _form(key: ApiKey) -> dict[str, object]:
    return {
        "id": key.prefix,
        "name": key.name,
        "scopes": list(key.scopes),
        "towns": list(key.towns),
        "created": format_time(key.created_ms),
        "expires": None if key.expires_ms is None else format_time(key.expires_ms),
        "revoked": None if key.revoked_ms is None else format_time(key.revoked_ms),
    }
