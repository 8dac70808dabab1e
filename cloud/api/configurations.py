"""`/api/v1/gateways/{id}/config`: what a gateway is configured with from afar, and what it made of it."""

import tomllib
from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import BaseModel, Field

from cloud.api.bodies import Body
from cloud.api.context import Context
from cloud.api.gatekeeper import Admin
from cloud.api.problems import wrong_field
from cloud.api.times import format_time
from cloud.registry import configurations, gateways
from cloud.registry.configurations import Ordered

router: Final = APIRouter(prefix="/api/v1/gateways", tags=["gateways"])

MAX_TOML: Final = 500_000
"""Characters, and bytes: written as JSON, where quotes and line ends take two, it fits a message."""
_SHOWN: Final = 20


class NewConfiguration(Body):
    """All that may be configured from afar; what is left out is no more."""

    toml: Annotated[str, Field(max_length=MAX_TOML, description="see docs/edge/commands.md")]
    version: Annotated[int, Field(ge=0, lt=2**62)] | None = None
    """Must be higher than the last one of the gateway; minted when left out."""


class ConfigurationAnswer(BaseModel):
    """One configuration that was given, without its text."""

    id: str
    gateway: str
    version: int
    state: str
    """pending; sent; trying: the gateway runs with it, and it has to prove itself; applied; refused: the gateway's
    check says no; rolled_back: it did not prove itself, the one before it is in force; superseded."""
    by: str
    created: str
    sent: str | None
    attempts: int
    ended: str | None
    reason: str
    """The gateway's; of a refused one with line and key."""


class GatewayConfiguration(BaseModel):
    """How a gateway is configured from afar."""

    gateway: str
    running: int | None
    """The version that the gateway last said it runs with; null: its own file alone, or it never said."""
    toml: str | None
    """The newest text that was given; null: none was."""
    newest: ConfigurationAnswer | None
    applied: ConfigurationAnswer | None
    """The newest that was applied."""
    items: list[ConfigurationAnswer]
    """The last 20, newest first."""


@router.post("/{gateway}/config", status_code=202)
def configure_gateway(context: Context, who: Admin, gateway: str, body: NewConfiguration) -> ConfigurationAnswer:
    """Send a gateway what it shall be configured with; it checks it, tries it, and rolls it back if it must."""
    _check(body.toml)
    with context.database.begin() as tx:
        known = gateways.get(tx, gateway)
        given = configurations.give(tx, known.id, body.toml, who.name, context.clock.now_ms(), body.version)
    context.commands_given()
    with context.database.read() as tx:
        found = configurations.newest(tx, gateway, 1)
    return _form(found[0] if found[0].id == given.id else given)


@router.get("/{gateway}/config")
def show_configuration(context: Context, _who: Admin, gateway: str) -> GatewayConfiguration:
    """What was given, and what became of it; an admin's: it may hold passwords of stations."""
    with context.database.read() as tx:
        known = gateways.get(tx, gateway)
        items = configurations.newest(tx, gateway, _SHOWN)
        applied = configurations.newest(tx, gateway, 1, "applied")
    told = (known.status or {}).get("config")
    running = told.get("version") if isinstance(told, dict) else None
    return GatewayConfiguration(
        gateway=known.id,
        running=running if isinstance(running, int) else None,
        toml=items[0].toml if items else None,
        newest=_form(items[0]) if items else None,
        applied=_form(applied[0]) if applied else None,
        items=[_form(one) for one in items],
    )


def _check(text: str) -> None:
    """As far as it can be told here: what the keys mean, the gateway knows."""
    if len(text.encode()) > MAX_TOML:
        raise wrong_field("toml", f"expected at most {MAX_TOML} bytes")
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise wrong_field("toml", f"no TOML: {error}") from None
    except RecursionError:
        raise wrong_field("toml", "nested too deep") from None


def _form(one: Ordered) -> ConfigurationAnswer:
    return ConfigurationAnswer(
        id=one.id,
        gateway=one.gateway,
        version=one.version,
        state=one.state,
        by=one.by,
        created=format_time(one.created_ms),
        sent=None if one.sent_ms is None else format_time(one.sent_ms),
        attempts=one.attempts,
        ended=None if one.ended_ms is None else format_time(one.ended_ms),
        reason=one.reason,
    )
