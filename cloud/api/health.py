"""`/healthz`, `/readyz` and `/metrics`."""

from typing import Final

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from cloud.api.context import Context

router: Final = APIRouter(tags=["health"])


class Health(BaseModel):
    """How we are."""

    status: str
    reasons: list[str]


@router.get("/healthz")
async def healthz() -> Health:
    """The process is alive."""
    return Health(status="ok", reasons=[])


@router.get("/readyz")
async def readyz(context: Context, response: Response) -> Health:
    """Whether readings can be taken and asked for; 503 with the reasons when not. Asks nobody who could be stuck."""
    reasons = list(context.readiness())
    response.status_code = 503 if reasons else 200
    return Health(status="unready" if reasons else "ready", reasons=reasons)


@router.head("/ping", include_in_schema=False, response_model=None)
@router.get("/ping", include_in_schema=False, response_model=None)
async def ping() -> Response:
    """As InfluxDB answers who is about to write to it."""
    return Response(status_code=204)


@router.get("/metrics", response_model=None)
def metrics(context: Context) -> Response:
    """Prometheus text; open to this machine, elsewhere with a key."""
    return Response(generate_latest(context.metrics), media_type=CONTENT_TYPE_LATEST)
