"""Gateways, neurons and twins of the simulated island, entered over the API as a user would."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx

from protocols.vocabulary import LinkDown
from simulators.document import CAMERAS, CameraPost
from simulators.layout import NeuronPlan, Wire

GATEWAYS: Final[dict[Wire, str]] = {
    "modbus-tcp": "gw-modbus",
    "modbus-rtu-tcp": "gw-serial",
    "meter-tcp": "gw-serial",
    "hj212-tcp": "gw-hj212",
    "sl651-tcp": "gw-sl651",
    "coap": "gw-coap",
    "lwm2m": "gw-coap",
}
"""Of the simulated neurons, by their wire."""
CAMERA_GATEWAY: Final = "gw-camera"
TOGETHER: Final = 200
"""Neurons in one request; who else writes to the registry waits for it."""
_NAMES: Final = {
    "gw-modbus": "仿真网关 Modbus",
    "gw-hj212": "仿真网关 HJ 212",
    "gw-sl651": "仿真网关 SL 651",
    "gw-coap": "仿真网关 NB-IoT",
    "gw-serial": "仿真网关 串口",
    CAMERA_GATEWAY: "仿真网关 摄像机",
}
_SEEN: Final = (
    "image_brightness",
    "image_sharpness",
    "image_occlusion",
    "motion_share",
    "scene_shift",
    "object_count/people",
    "object_count/birds",
    "picture_wanted",
)
RULES: Final[tuple[dict[str, Any], ...]] = (  # some node is always in need of a battery
    {
        "name": "pm2_5 above 75 ug/m3",
        "property": "pm2_5",
        "comparison": "gt",
        "threshold": 75.0,
        "deadband": 5.0,
        "priority": "medium",
    },
    {
        "name": "waste bin nearly full",
        "property": "fill_level",
        "comparison": "gt",
        "threshold": 85.0,
        "deadband": 20.0,
        "priority": "low",
    },
    {
        "name": "battery nearly empty",
        "property": "battery_voltage",
        "comparison": "lt",
        "threshold": 3.45,
        "deadband": 0.05,
        "priority": "low",
    },
)

FEW: Final = 100
WEAK_SIGNAL: Final[dict[str, Any]] = {
    "name": "weak signal",
    "property": "signal_strength",
    "comparison": "lt",
    "threshold": -100.0,
    "deadband": 3.0,
    "priority": "low",
}
"""Besides on an island of few neurons, where nothing else may be out of order; of hundreds it is true of dozens."""


def rules_for(neurons: int) -> tuple[dict[str, Any], ...]:
    """The rules of an island of so many neurons."""
    return (*RULES, WEAK_SIGNAL) if neurons < FEW else RULES


class Provisioner:
    """Asks first and enters only what is missing, so that a second start changes nothing."""

    def __init__(self, api: httpx.AsyncClient, folder: Path, progress: Callable[[str], None]) -> None:
        self._api = api
        self._folder = folder
        self._progress = progress

    async def gateways(self) -> dict[str, dict[str, Any]]:
        """Every gateway, with the paths of its secrets: id -> {username, key_id, password_file, hmac_key_file}."""
        known = {item["id"] for item in await self._all("/api/v1/gateways")}
        found = {}
        for gateway in _NAMES:
            if gateway not in known:
                await self._post("/api/v1/gateways", {"id": gateway, "name": _NAMES[gateway]})
            found[gateway] = await self._credentials(gateway)
        return found

    async def _credentials(self, gateway: str) -> dict[str, Any]:
        folder = self._folder / gateway
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = {"password_file": folder / "password", "hmac_key_file": folder / "hmac_key"}
        told = folder / "username"
        if not all(path.exists() for path in (*files.values(), told)):
            given = await self._post(f"/api/v1/gateways/{gateway}/credentials", {})
            _write_secret(files["password_file"], given["password"])
            _write_secret(files["hmac_key_file"], given["hmac_key"])
            _write_secret(told, f"{given['username']}\n{given.get('key_id', 1)}")
        username, key_id = told.read_text().split("\n")
        return {"username": username, "key_id": int(key_id), **files}

    async def neurons(self, plans: Sequence[NeuronPlan]) -> dict[str, str]:
        """Every neuron of the layout, with the twin that it watches: hardware identity -> neuron identifier."""
        known = {
            f"{hardware['scheme']}:{hardware['value']}": item["id"]
            for item in await self._all("/api/v1/neurons")
            for hardware in item["hardware"]
        }
        missing = [plan for plan in plans if str(plan.hardware) not in known]
        for start in range(0, len(missing), TOGETHER):
            part = missing[start : start + TOGETHER]
            known.update(zip((str(plan.hardware) for plan in part), await self._enter(part), strict=True))
            self._progress(f"entered {start + len(part)} of {len(missing)} neurons and their twins")
        return {str(plan.hardware): known[str(plan.hardware)] for plan in plans}

    async def _enter(self, plans: Sequence[NeuronPlan]) -> list[str]:
        """All or none of them."""
        items = [_installation(plan) for plan in plans]
        made = await self._post("/api/v1/installations", {"items": items})
        return [one["neuron"] for one in made["items"]]

    async def cameras(self) -> dict[str, str]:
        """The neurons of the cameras at the wetlands: the camera's name -> neuron identifier."""
        known = {
            hardware["value"]: item["id"]
            for item in await self._all("/api/v1/neurons?kind=camera")
            for hardware in item["hardware"]
        }
        missing = [post for post in CAMERAS if post.serial not in known]
        if missing:
            made = await self._post("/api/v1/installations", {"items": [_post_of(post) for post in missing]})
            known.update((post.serial, one["neuron"]) for post, one in zip(missing, made["items"], strict=True))
        return {post.name: known[post.serial] for post in CAMERAS}

    async def rules(self, neurons: int) -> None:
        """Threshold rules, so that there is something to see; none when there are any already."""
        if not await self._all("/api/v1/rules"):
            for rule in rules_for(neurons):
                await self._post("/api/v1/rules", rule)

    async def _all(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            query = f"{'&' if '?' in path else '?'}limit=1000{f'&cursor={quote(cursor)}' if cursor else ''}"
            answer = await self._api.get(path + query)
            _check(answer, path)
            body = answer.json()
            items += body["items"]
            cursor = body["next"]
            if cursor is None:
                return items

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self._api.post(path, json=body)
        _check(answer, path)
        found: dict[str, Any] = answer.json()
        return found


def _installation(plan: NeuronPlan) -> dict[str, Any]:
    """A neuron and the twin that it watches, as the API takes them."""
    place = {"location": {"type": "Point", "coordinates": [plan.longitude, plan.latitude]}, "town": plan.town}
    neuron = {
        "name": plan.name,
        "kind": plan.kind,
        "gateway": GATEWAYS[plan.wire],
        "observed_properties": list(plan.observed),
        "hardware": [{"scheme": plan.hardware.scheme, "value": plan.hardware.value}],
        **place,
    }
    return {"neuron": neuron, "twin": {"kind": plan.twin_kind, "name": plan.twin_name, **place}}


def _post_of(post: CameraPost) -> dict[str, Any]:
    location = {"type": "Point", "coordinates": list(post.location)}
    neuron = {
        "name": f"{post.wetland}摄像机",
        "kind": "camera",
        "gateway": CAMERA_GATEWAY,
        "observed_properties": _SEEN,
        "hardware": [{"scheme": "serial", "value": post.serial}],
        "location": location,
    }
    return {"neuron": neuron, "twin": {"kind": "wetland", "name": post.wetland, "location": location}}


def _check(answer: httpx.Response, path: str) -> None:
    if not answer.is_success:
        raise LinkDown(f"{answer.request.method} {path}: {answer.status_code} {answer.text[:500]}")


def _write_secret(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
