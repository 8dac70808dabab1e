"""`/api/v1/gateways` and their credentials."""

from typing import Final

from fastapi import APIRouter, Response
from pydantic import BaseModel

from cloud.api import answers
from cloud.api.answers import GatewayAnswer
from cloud.api.bodies import Body, GatewayText, Name
from cloud.api.context import Context
from cloud.api.gatekeeper import Admin, Reader
from cloud.api.paging import Cursor, Limit, Listing, listing, text_after
from cloud.registry import gateways

router: Final = APIRouter(prefix="/api/v1/gateways", tags=["gateways"])


class NewGateway(Body):
    """A gateway to register."""

    id: GatewayText
    name: Name = ""


class NewCredentials(Body):
    """Nothing to say; the credentials are made here."""


class Credentials(BaseModel):
    """What a gateway is configured with; shown this once."""

    username: str
    password: str
    hmac_key: str
    """32 bytes in hexadecimal."""
    key_id: int


@router.get("")
def list_gateways(context: Context, who: Reader, limit: Limit = 100, cursor: Cursor = "") -> Listing[GatewayAnswer]:
    """Gateways in the order of their identifiers."""
    with context.database.read() as tx:
        return listing(gateways.page(tx, limit, text_after(cursor), who.towns), answers.gateway)


@router.post("", status_code=201)
def register_gateway(context: Context, _who: Admin, body: NewGateway, response: Response) -> GatewayAnswer:
    """Register a gateway; it has no credentials yet."""
    with context.database.begin() as tx:
        made = gateways.add(tx, body.id, body.name, context.clock.now_ms())
    response.headers["Location"] = f"/api/v1/gateways/{made.id}"
    return answers.gateway(made)


@router.get("/{gateway}")
def show_gateway(context: Context, who: Reader, gateway: str) -> GatewayAnswer:
    """One gateway and what it last said of itself."""
    with context.database.read() as tx:
        return answers.gateway(gateways.get(tx, gateway, who.towns))


@router.post("/{gateway}/credentials", status_code=201)
def rotate_credentials(context: Context, _who: Admin, gateway: str, body: NewCredentials | None = None) -> Credentials:
    """Make new credentials: the password counts at once, the previous HMAC key is accepted for another 24 hours."""
    del body
    with context.database.begin() as tx:
        made = gateways.rotate(tx, gateway, context.secrets, context.clock.now_ms())
    context.credentials_changed()
    return Credentials(username=made.username, password=made.password, hmac_key=made.hmac_key.hex(), key_id=made.key_id)
