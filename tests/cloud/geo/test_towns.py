import json

import pytest

from cloud.geo.towns import Place, outline, parse_place, towns
from protocols.vocabulary import IdentityError


def test_eighteen_towns_in_order_on_three_islands() -> None:
    found = towns()
    assert len(found) == 18
    assert list(found) == sorted(found)
    assert {town.island for town in found.values()} == {"chongming", "changxing", "hengsha"}
    assert found["310151202"].name == "横沙乡"
    assert all(121 < town.lon < 122.2 and 31.2 < town.lat < 31.9 for town in found.values())


def test_places() -> None:
    assert parse_place("310151101") == Place("310151101")
    village = parse_place("310151101012")
    assert (village.town, village.village, village.code) == ("310151101", "310151101012", "310151101012")


@pytest.mark.parametrize(
    "text",
    ["", "310151", "310151401", "310115001", "310151401001", "31015110101", "３１０１５１１０１", "310151101０１２"],
)
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(IdentityError, match="310151101 to 310151202"):
        parse_place(text)


def test_outline_is_geojson_with_attribution() -> None:
    found = json.loads(outline())
    assert found["type"] == "FeatureCollection"
    assert found["metadata"]["attribution"] == "© OpenStreetMap contributors"
