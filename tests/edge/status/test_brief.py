import json
from typing import Any

from edge.status.brief import MAX_BYTES, MAX_DEVICES, brief


def status(devices: int, note: str = "") -> dict[str, Any]:
    states = ("up", "up", "silent", "waiting")
    told = [{"source": f"serial:{d}", "state": states[d % 4], "notes": [note]} for d in range(devices)]
    links = [{"name": name, "devices": told} for name in ("a", "b")]
    return {"gateway": "gw-1", "links": links}


def test_a_small_gateway_says_everything() -> None:
    said = brief(status(4))
    assert [link["devices"] for link in said["links"]] == [link["devices"] for link in status(4)["links"]]
    assert said["links"][0]["states"] == {"silent": 1, "waiting": 1, "up": 2}


def test_of_a_thousand_devices_those_that_are_silent_are_told_first() -> None:
    said = brief(status(500))
    shown = [device["state"] for link in said["links"] for device in link["devices"]]
    assert shown == ["silent"] * MAX_DEVICES
    assert [link["states"]["silent"] for link in said["links"]] == [125, 125]
    assert len(json.dumps(said)) < MAX_BYTES


def test_long_notes_do_not_make_it_too_long() -> None:
    said = brief(status(500, "x" * 5000))
    assert 0 < len(json.dumps(said)) <= MAX_BYTES
    assert sum(len(link["devices"]) for link in said["links"]) == 6
