"""Drawn scenes as a camera would send them, and a clock on which waiting takes no time."""

import asyncio
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from edge.cameras.analyst import Analyst, Study
from edge.cameras.config import Camera
from protocols.vocabulary import ManualClock
from simulators.devices.wetland import Actor, Picture, Wetland
from simulators.environment import Site

T0 = 1_767_225_600_000
MINUTE = 60_000


def jpeg(picture: Picture, **options: Any) -> bytes:
    file = BytesIO()
    Image.fromarray(picture).save(file, "JPEG", **{"quality": 90, **options})
    return file.getvalue()


def pixels(file: bytes) -> Picture:
    with Image.open(BytesIO(file), formats=["JPEG"]) as image:
        return np.array(image.convert("RGB"))


def wetland(seed: int = 7, **options: Any) -> Wetland:
    """Empty, at noon, unless told otherwise."""
    scene = Wetland(seed, Site("camera"), **{"birds": 0, "people": 0, **options})
    scene.weather.daylight = 1.0
    return scene


def bird(height: float, x: float, level: float = 0.5) -> Actor:
    """One that stays where it is; x is its middle."""
    return Actor("bird", height, 1e12, (x + 0.1) / 1.2, level, 235.0, leftwards=False)


def person(height: float, x: float, level: float = 0.92) -> Actor:
    """One that stays where it is; level is where the feet are."""
    return Actor("person", height, 1e12, (x + 0.1) / 1.2, level, 30.0, leftwards=False)


def camera(**options: Any) -> Camera:
    return Camera.model_validate({"neuron": "serial:cam", "url": "http://127.0.0.1/snapshot.jpg", **options})


class Watcher:
    """An analyst with a scene in front of it, one picture a minute."""

    def __init__(self, scene: Wetland, settle_s: float = 0, **options: Any) -> None:
        self.scene = scene
        options["scene"] = {"settle_s": settle_s, **options.get("scene", {})}
        self.analyst = Analyst(camera(**options))
        self.time_ms = T0

    def look(self, times: int = 1, *, asked: bool = False) -> Study:
        study = None
        for _ in range(times):
            self.time_ms += MINUTE
            study = self.analyst.study(jpeg(self.scene.draw(self.time_ms)), self.time_ms / 1000, asked=asked)
        assert study is not None
        return study


class HastyClock(ManualClock):
    """Waiting takes no time, and turns the clock."""

    async def sleep(self, seconds: float) -> None:
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)
