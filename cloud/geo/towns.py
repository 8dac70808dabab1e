"""The 18 towns of the district by their 9-digit division codes; villages have 12 digits, the first 9 their town's."""

import json
import re
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

from protocols.vocabulary import IdentityError

_VILLAGE: Final = re.compile(r"[0-9]{12}", re.ASCII)


class Town(NamedTuple):
    """One town: where its seat is and which island it lies on."""

    code: str
    """9 digits."""
    name: str
    name_latin: str
    kind: str
    island: str
    lon: float
    """WGS84 degrees, as lat."""
    lat: float


class Place(NamedTuple):
    """Where something stands, by division code."""

    town: str | None
    """9 digits."""
    village: str | None = None
    """12 digits when a village was named."""

    @property
    def code(self) -> str | None:
        """The most exact code there is."""
        return self.village or self.town


@cache
def towns() -> dict[str, Town]:
    """By code, in the order of the codes."""
    rows = json.loads(_text("townships.json"))["townships"]
    every = (
        Town(r["code9"], r["name"], r["name_latin"], r["kind"], r["island"], float(r["lon"]), float(r["lat"]))
        for r in rows
    )
    return {town.code: town for town in sorted(every)}


@cache
def outline() -> bytes:
    """The islands' outline, a GeoJSON FeatureCollection."""
    return _text("chongming_outline.geojson").encode()


def parse_place(text: str) -> Place:
    """A town's 9 digits, or 12 digits of a village of one of the towns.

    :raises IdentityError: it is neither; the message says what is allowed.
    """
    if text in towns():
        return Place(text)
    if _VILLAGE.fullmatch(text) is not None and text[:9] in towns():
        return Place(text[:9], text)
    codes = list(towns())
    raise IdentityError(
        f"town {text!r:.40}: expected one of the {len(codes)} towns {codes[0]} to {codes[-1]} (9 digits), "
        "or 12 digits of a village of one of them"
    )


def _text(name: str) -> str:
    return resources.files("cloud.geo").joinpath(name).read_text(encoding="utf-8")
