from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.island_pictures import FOLDER, PICTURES, drawing

PAGE = Path(__file__).parents[3] / "docs" / "island.md"


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_is_there_and_on_the_page(name):
    assert f"(pictures/{name})" in PAGE.read_text(encoding="utf-8")
    assert ET.parse(FOLDER / name).getroot().tag.endswith("svg")


@pytest.mark.parametrize("name", ["island-tide.svg", "island-spill.svg"])
def test_they_can_be_drawn_anew(name):
    root = ET.fromstring(drawing(PICTURES[name]()))
    curves = [one for one in root if one.tag.endswith("polyline")]
    assert len(curves) >= 2
    for curve in curves:
        points = [tuple(map(float, point.split(","))) for point in curve.get("points").split()]
        assert all(0 <= x <= 760 and 0 <= y <= 210 for x, y in points)
