"""Filters that several lists share, as query parameters."""

from math import isfinite
from typing import Annotated

from fastapi import Depends, Query

from cloud.api.bodies import Kind
from cloud.api.gatekeeper import Reader
from cloud.api.problems import wrong_parameter
from cloud.geo.towns import parse_place
from cloud.registry.selection import ANYWHERE, BoundingBox, Selection
from protocols.vocabulary import IdentityError


async def _selection(
    who: Reader,
    town: Annotated[str | None, Query(description="9 digits of a town, or 12 of a village")] = None,
    kind: Annotated[Kind | None, Query()] = None,
    bbox: Annotated[str | None, Query(max_length=100, description="west,south,east,north in degrees")] = None,
) -> Selection:
    try:
        place = ANYWHERE if town is None else parse_place(town)
    except IdentityError as error:
        raise wrong_parameter("town", str(error)) from None
    return Selection(who.towns, place, kind, None if bbox is None else _box(bbox))


def _box(text: str) -> BoundingBox:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise wrong_parameter("bbox", "expected four numbers west,south,east,north") from None
    if not all(map(isfinite, (west, south, east, north))) or west > east or south > north:
        raise wrong_parameter("bbox", "expected west <= east and south <= north")
    return BoundingBox(west, south, east, north)


Selected = Annotated[Selection, Depends(_selection)]
