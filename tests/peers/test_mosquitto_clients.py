"""The open door: SenML over MQTT from Mosquitto's own clients, with a gateway's credentials."""

import json
from base64 import b64decode
from pathlib import Path
from signal import SIGKILL
from typing import Any

import cbor2
import pytest

from tests.peers.programs import talking, until
from tests.peers.stranger import Stranger, quarantined
from tests.system.processes import Installation, milliseconds, now_ms

pytestmark = pytest.mark.peers

OBSERVED = ("water_level", "water_temperature")
BASE_S = 1_795_000_000  # 2026-11-18T11:06:40Z


async def test_a_json_pack_comes_back_in_our_units(cloud: Installation) -> None:
    stranger = await Stranger.enrolled(cloud, "gw-json")
    neuron = await cloud.add_neuron("gw-json", OBSERVED, "serial", "JSON-1")
    pack = [
        {"bn": f"{neuron['id']}/", "bt": BASE_S, "n": "water_level", "u": "cm", "v": 312},
        {"n": "water_level", "u": "cm", "v": 313, "t": 0.25},
        {"n": "water_temperature", "u": "K", "v": 293.65},
    ]
    assert stranger.publish(json.dumps(pack)) == 0

    async def latest() -> dict[str, Any]:
        items = (await cloud.get("/api/v1/latest"))["items"]
        return {item["property"]: item for item in items if item["neuron"] == neuron["id"]}

    newest = await until(latest, lambda found: len(found) == 2)
    assert (newest["water_level"]["value"], newest["water_level"]["unit"]) == (3.13, "m")
    assert newest["water_level"]["time"] == "2026-11-18T11:06:40.250Z"
    assert (newest["water_temperature"]["value"], newest["water_temperature"]["unit"]) == (20.5, "Cel")
    rows = await cloud.stored(f"{neuron['id']}/water_level")
    assert rows == [(BASE_S * 1000, 3.12), (BASE_S * 1000 + 250, 3.13)]


async def test_a_cbor_pack_out_of_a_file_by_hardware_identity(cloud: Installation, tmp_path: Path) -> None:
    stranger = await Stranger.enrolled(cloud, "gw-cbor")
    neuron = await cloud.add_neuron("gw-cbor", OBSERVED, "imei", "867997030000108")
    pack = [{-2: "imei:867997030000108/", -3: BASE_S, 0: "water_level", 1: "m", 2: 2.5}, {0: "water_temperature", 2: 4}]
    path = tmp_path / "pack.cbor"
    path.write_bytes(cbor2.dumps(pack))
    assert stranger.publish_file(str(path)) == 0
    level, temperature = (f"{neuron['id']}/{observed}" for observed in OBSERVED)
    assert await until(lambda: cloud.stored(level), bool) == [(BASE_S * 1000, 2.5)]
    assert await cloud.stored(temperature) == [(BASE_S * 1000, 4.0)]


async def test_the_same_pack_twice_is_stored_once(cloud: Installation) -> None:
    stranger = await Stranger.enrolled(cloud, "gw-twice")
    neuron = await cloud.add_neuron("gw-twice", OBSERVED, "serial", "TWICE")
    key = f"{neuron['id']}/water_level"
    for value in (1.0, 1.0, 7.0):  # again, and once more with another value of the same instant
        assert stranger.publish(json.dumps([{"n": key, "t": BASE_S, "v": value}])) == 0
    assert stranger.publish(json.dumps([{"n": key, "t": BASE_S + 1, "v": 2.0}])) == 0
    rows = await until(lambda: cloud.stored(key), lambda found: len(found) == 2)
    assert rows == [(BASE_S * 1000, 1.0), (BASE_S * 1000 + 1000, 2.0)]
    conflicts = (await cloud.get("/api/v1/quarantine", reason="conflict"))["items"]
    assert [key in one["detail"] for one in conflicts].count(True) == 1, "what came second is kept to be looked at"


async def test_an_unknown_neuron_waits_in_quarantine_until_it_is_adopted(cloud: Installation) -> None:
    stranger = await Stranger.enrolled(cloud, "gw-adopt")
    pack = [{"bn": "imei:867997030000207/", "bt": BASE_S, "n": "water_level", "u": "m", "v": 3.5}]
    assert stranger.publish(json.dumps(pack)) == 0
    suspects = quarantined(cloud, "gw-adopt")
    [suspect] = await until(suspects, bool)
    assert (suspect["reason"], suspect["topic"], suspect["replayed"]) == ("unknown_neuron", stranger.door, None)

    refused = await cloud.post(f"/api/v1/quarantine/{suspect['id']}/replay", {})
    assert (refused["stored"], refused["refused"]) == (0, 1), "nobody has adopted it yet"

    neuron = await cloud.add_neuron("gw-adopt", OBSERVED, "imei", "867997030000207")
    done = await cloud.post(f"/api/v1/quarantine/{suspect['id']}/replay", {})
    assert (done["stored"], done["duplicates"], done["refused"]) == (1, 0, 0)
    assert await cloud.stored(f"{neuron['id']}/water_level") == [(BASE_S * 1000, 3.5)]
    [suspect] = await suspects()
    assert suspect["replayed"] is not None

    again = await cloud.post(f"/api/v1/quarantine/{suspect['id']}/replay", {})
    assert (again["stored"], again["duplicates"]) == (0, 1)


async def test_a_replay_keeps_the_time_of_arrival(cloud: Installation) -> None:
    """A device without a clock: its readings are of when their bytes came, not of when somebody mended the registry."""
    stranger = await Stranger.enrolled(cloud, "gw-clockless")
    known = await cloud.add_neuron("gw-clockless", OBSERVED, "serial", "CLOCKLESS-1")
    pack = [{"n": f"serial:CLOCKLESS-{number}/water_level", "v": number} for number in (1, 2)]
    before_ms = now_ms()
    assert stranger.publish(json.dumps(pack)) == 0
    [suspect] = await until(quarantined(cloud, "gw-clockless"), bool)
    after_ms = now_ms()
    [(arrived_ms, _)] = await cloud.stored(f"{known['id']}/water_level")
    assert before_ms <= arrived_ms <= after_ms

    adopted = await cloud.add_neuron("gw-clockless", OBSERVED, "serial", "CLOCKLESS-2")
    done = await cloud.post(f"/api/v1/quarantine/{suspect['id']}/replay", {})
    assert (done["stored"], done["duplicates"], done["refused"]) == (1, 0, 0)
    assert await cloud.stored(f"{known['id']}/water_level") == [(arrived_ms, 1.0)]
    assert await cloud.stored(f"{adopted['id']}/water_level") == [(arrived_ms, 2.0)]


async def test_the_same_bytes_at_other_times_are_other_readings(cloud: Installation) -> None:
    """A device without a clock and with a steady value: what waits for its adoption is not folded into one."""
    stranger = await Stranger.enrolled(cloud, "gw-steady")
    ask = quarantined(cloud, "gw-steady")
    for _ in range(3):
        before = len(await ask())
        assert stranger.publish('[{"n": "serial:STEADY/water_level", "v": 1}]') == 0
        await until(ask, lambda found, before=before: len(found) > before)  # type: ignore[misc]  # bound, not inferred
    suspects = await ask()
    neuron = await cloud.add_neuron("gw-steady", OBSERVED, "serial", "STEADY")
    for suspect in suspects:
        await cloud.post(f"/api/v1/quarantine/{suspect['id']}/replay", {})
    rows = await cloud.stored(f"{neuron['id']}/water_level")
    assert [time_ms for time_ms, _ in rows] == sorted(milliseconds(suspect["received"]) for suspect in suspects)


MALFORMED = {
    "": "SenML",
    "{": "SenML",
    '{"n": "serial:M/water_level", "v": 1}': "SenML",
    '[{"n": "serial:M/water_level", "v": 1}': "SenML",
    '[{"n": "serial:M/water_level", "v": NaN}]': "SenML",
    '[{"bver": 99, "n": "serial:M/water_level", "v": 1}]': "SenML",
    "hello": "SenML",
}


async def test_malformed_packs_are_kept_to_be_looked_at_and_the_next_one_is_taken(cloud: Installation) -> None:
    stranger = await Stranger.enrolled(cloud, "gw-malformed")
    neuron = await cloud.add_neuron("gw-malformed", OBSERVED, "serial", "M")
    for pack in MALFORMED:
        assert stranger.publish(pack) == 0
    assert stranger.publish(json.dumps([{"n": "serial:M/water_level", "t": BASE_S, "v": 1}])) == 0
    assert await until(lambda: cloud.stored(f"{neuron['id']}/water_level"), bool) == [(BASE_S * 1000, 1.0)]
    suspects = await quarantined(cloud, "gw-malformed")()
    assert {suspect["reason"] for suspect in suspects} == {"malformed"}
    found = {}
    for suspect in suspects:
        whole = await cloud.get(f"/api/v1/quarantine/{suspect['id']}")
        found[b64decode(whole["payload"]).decode()] = whole["detail"]
    assert found.keys() == MALFORMED.keys()
    for pack, beginning in MALFORMED.items():
        assert found[pack].startswith(beginning), f"{pack!r} is called {found[pack]!r}"


async def test_nobody_publishes_for_another_gateway(cloud: Installation) -> None:
    own = await Stranger.enrolled(cloud, "gw-own")
    other = await Stranger.enrolled(cloud, "gw-other")
    key = (await cloud.add_neuron("gw-own", OBSERVED, "serial", "OWN"))["id"] + "/water_level"
    forged = json.dumps([{"n": key, "t": BASE_S, "v": 666}])
    assert Stranger("gw-own", own.port).publish(forged) != 0
    assert Stranger("gw-own", own.port, "gw-own", "guessed").publish(forged) != 0
    assert Stranger("gw-own", own.port, "gw-other", own.password).publish(forged) != 0
    other.publish(forged, topic=own.door)  # the broker takes it and lets it fall, as MQTT 3.1.1 §3.3.5 allows
    other.publish(forged, topic="yz/v1/gw-own/up/batch")
    other.publish(forged, topic="yz/v1/gw-nobody/senml")
    assert other.publish(forged) == 0, "his own topic, but the neuron is another gateway's"
    [suspect] = await until(quarantined(cloud, "gw-other"), bool)
    assert suspect["reason"] == "other_gateway"
    assert own.publish(json.dumps([{"n": key, "t": BASE_S + 1, "v": 1}])) == 0
    assert await until(lambda: cloud.stored(key), bool) == [(BASE_S * 1000 + 1000, 1.0)]
    assert await quarantined(cloud, "gw-own")() == []
    assert await quarantined(cloud, "gw-nobody")() == []


async def test_a_gateway_hears_its_own_downlink_and_nothing_else(cloud: Installation) -> None:
    curious = await Stranger.enrolled(cloud, "gw-curious")
    victim = await Stranger.enrolled(cloud, "gw-victim")
    key = (await cloud.add_neuron("gw-victim", OBSERVED, "serial", "VICTIM"))["id"] + "/water_level"
    own = ["yz/v1/gw-curious/down/ack", "yz/v1/gw-curious/down/#"]
    with talking(curious.subscribing(own), last=SIGKILL) as subscribed:
        assert subscribed.hear("Subscribed").endswith(": 1, 1")
    others = ["#", "+/+/+/+", "yz/v1/+/senml", "yz/v1/gw-victim/#", "yz/v1/gw-victim/down/ack", "$SYS/#", "$JS/#"]
    with talking(curious.subscribing(others), last=SIGKILL) as subscribed:  # 2.0.11 may hang when it is asked to end
        assert subscribed.hear("Subscribed").rpartition(": ")[2].split(", ") == ["128"] * len(others)
        assert victim.publish(json.dumps([{"n": key, "t": BASE_S, "v": 1}])) == 0
        assert await until(lambda: cloud.stored(key), bool)
        heard = subscribed.end()
    assert not [line for line in heard if "PUBLISH" in line]


async def test_a_changed_password_counts_at_once(cloud: Installation) -> None:
    old = await Stranger.enrolled(cloud, "gw-rotated")
    assert old.publish("[]") == 0
    given = await cloud.post("/api/v1/gateways/gw-rotated/credentials", {})
    new = Stranger("gw-rotated", old.port, given["username"], given["password"])

    async def exit_codes() -> tuple[bool, bool]:
        return old.publish("[]") == 0, new.publish("[]") == 0

    assert await until(exit_codes, lambda codes: codes == (False, True), 3)
