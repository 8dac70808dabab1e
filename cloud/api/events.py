"""`/api/v1/events`: what happened and is no number."""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel

from cloud.api.context import Context
from cloud.api.gatekeeper import Reader
from cloud.api.paging import Cursor, Limit, Listing, listing, numbers_after
from cloud.api.question import time_parameter
from cloud.api.times import format_time
from cloud.registry import events
from cloud.registry.events import Filters, Kept

router: Final = APIRouter(prefix="/api/v1/events", tags=["events"])


class EventAnswer(BaseModel):
    """One event."""

    id: int
    time: str
    """When it happened, by the gateway's clock."""
    received: str
    kind: str
    gateway: str
    source: str
    """As the gateway named it."""
    neuron: str | None
    """Whose it is; null: the gateway's own."""
    late: bool
    """It waited for the line."""
    data: dict[str, str | int | float | bool | None]


@router.get("")
def list_events(  # noqa: PLR0913 - a list is narrowed by these
    context: Context,
    who: Reader,
    *,
    kind: Annotated[str | None, Query(max_length=200, description="`alarm` is all that begins `alarm.`")] = None,
    neuron: Annotated[str | None, Query(max_length=13)] = None,
    gateway: Annotated[str | None, Query(max_length=32)] = None,
    begin: Annotated[str | None, Query(alias="from", max_length=40)] = None,
    end: Annotated[str | None, Query(alias="to", max_length=40)] = None,
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Listing[EventAnswer]:
    """Newest first, in the order in which they arrived. A gateway's own events belong to no town."""
    before = numbers_after(cursor)
    filters = Filters(
        who.towns,
        kind,
        neuron,
        gateway,
        None if begin is None else time_parameter("from", begin),
        None if end is None else time_parameter("to", end),
    )
    with context.database.read() as tx:
        page = events.page(tx, filters, limit, None if before is None else before[0])
    return listing(page, _form)


def _form(one: Kept) -> EventAnswer:
    arrived = one.arrived
    return EventAnswer(
        id=one.number,
        time=format_time(arrived.event.time),
        received=format_time(arrived.received_ms),
        kind=arrived.event.kind,
        gateway=arrived.gateway,
        source=arrived.event.source,
        neuron=arrived.neuron,
        late=arrived.late,
        data=dict(arrived.event.data),
    )
