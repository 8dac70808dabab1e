"""`/api/v1/towns` and the outline of the islands."""

from typing import Final

from fastapi import APIRouter, Response
from pydantic import BaseModel

from cloud.api.answers import PointAnswer
from cloud.api.gatekeeper import Reader
from cloud.api.paging import Listing
from cloud.geo.towns import outline, towns

router: Final = APIRouter(prefix="/api/v1", tags=["towns"])


class TownAnswer(BaseModel):
    """One of the towns."""

    code: str
    name: str
    name_latin: str
    kind: str
    island: str
    location: PointAnswer
    """Of its seat."""


@router.get("/towns")
def list_towns(_who: Reader) -> Listing[TownAnswer]:
    """The towns of the district in the order of their codes."""
    items = [
        TownAnswer(**town._asdict(), location=PointAnswer(coordinates=(town.lon, town.lat)))
        for town in towns().values()
    ]
    return Listing(items=items, next=None)


@router.get("/outline")
def show_outline(_who: Reader) -> Response:
    """The islands' coastline as GeoJSON, © OpenStreetMap contributors, ODbL 1.0."""
    return Response(outline(), media_type="application/geo+json")
