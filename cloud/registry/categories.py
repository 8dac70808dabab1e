"""Which city-part category (GB/T 30428.2: 2 digits + 2 digits sub-category) a twin of some kind gets by default.

Sub-categories up to 79 are those of the municipal lists after CJ/T 214. What these lists do not know (a sluice, a
wetland) is our local extension in class 05 "other", counted down from 99 as local extensions are. A category that is
given with the twin always wins.
"""

from typing import Final

OTHER: Final = "0599"

CATEGORIES: Final[dict[str, str]] = {
    "manhole_water": "0101",
    "manhole_sewage": "0102",
    "manhole_storm": "0103",
    "manhole": "0103",
    "storm_drain": "0104",
    "manhole_power": "0105",
    "manhole_lamp": "0106",
    "manhole_telecom": "0107",
    "manhole_heat": "0110",
    "manhole_gas": "0111",
    "hydrant": "0113",
    "power_cabinet": "0116",
    "lighting_cabinet": "0116",
    "pole": "0117",
    "streetlight": "0118",
    "ground_light": "0119",
    "landscape_light": "0120",
    "display": "0132",
    "tower": "0139",
    "car_park": "0201",
    "bus_stop": "0203",
    "footbridge": "0205",
    "underpass": "0206",
    "viaduct": "0207",
    "bridge": "0208",
    "traffic_cabinet": "0210",
    "traffic_light": "0214",
    "culvert": "0216",
    "toilet": "0301",
    "bin": "0305",
    "waste_bin": "0305",
    "monitoring_station": "0308",
    "air_station": "0308",
    "weather_station": "0308",
    "water_station": "0308",
    "tree": "0402",
    "green_space": "0405",
    "sluice": "0598",
    "pump_station": "0597",
    "river_section": "0596",
    "reservoir": "0595",
    "wetland": "0594",
    "farmland": "0593",
    "greenhouse": "0592",
    "building": "0591",
    "camera": "0590",
    "embankment": "0589",
    "other": OTHER,
}


def category_of(kind: str) -> str:
    """4 digits; :data:`OTHER` for a kind that the table does not know."""
    return CATEGORIES.get(kind, OTHER)
