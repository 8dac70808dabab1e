"""From a snapshot to what is told of it: readings, events, and the picture when it is to be kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import hypot
from typing import Final

from edge.cameras.condition import Condition
from edge.cameras.config import Camera
from edge.cameras.frame import Zones, develop
from edge.cameras.redaction import redacted
from edge.cameras.scene import Scene, View
from protocols.vocabulary.event import Scalar

ASKED: Final = "asked"


@dataclass(frozen=True, slots=True)
class Happening:
    """Becomes an event."""

    kind: str
    data: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Study:
    """What came of one snapshot."""

    values: Mapping[tuple[str, str], float]
    """(observed property, channel) -> value; what cannot be said is left out."""
    happenings: tuple[Happening, ...]
    occasions: tuple[str, ...]
    """Why the picture is sent; none: it is not."""
    picture: bytes | None
    """What of it may be kept: zones black, people unrecognisable. None: nobody wants it."""
    size: tuple[int, int]
    """Width and height of the picture."""


class Analyst:
    """One camera's. Not for two threads at a time."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._zones = Zones(camera.zones)
        self._scene = Scene(camera.scene.learn, camera.scene.dark_percent)
        self._conditions = {name: Condition(camera.scene.confirm) for name in ("dark", "occluded", "shifted")}
        self._sent_s: dict[str, float] = {}
        self._kept_s: float | None = None
        self._begun = 0
        self._known_s: float | None = None

    @property
    def relearned(self) -> int:
        """How often the scene became another one."""
        return self._scene.relearned

    def study(self, jpeg: bytes, now_s: float, *, asked: bool = False) -> Study:
        """Look at a snapshot; takes some tens of milliseconds.

        :param now_s: monotonic.
        :param asked: somebody wants this picture.
        :raises ProtocolError: it is no picture.
        """
        frame = develop(jpeg, self._zones)
        view = self._scene.look(frame)
        height = frame.small.shape[0]
        coarse = self._camera.redact == "all" or not self._settled(view, now_s)
        values = dict(self._values(view, height))
        happenings = tuple(self._happenings(view, values))
        occasions = self._occasions(view, values, happenings, now_s) + ((ASKED,) if asked else ())
        picture = None
        if occasions or self._keeps(now_s):
            self._kept_s = now_s
            picture = redacted(frame, view, self._camera, coarse=coarse)
        size = frame.pixels.shape[1], frame.pixels.shape[0]
        return Study(values, happenings, occasions, picture, size)

    def _settled(self, view: View, now_s: float) -> bool:
        """Whether the scene has been known for so long that who stood in its first pictures has gone."""
        if self._begun != self._scene.begun:
            self._begun, self._known_s = self._scene.begun, None
        if view.clear and self._known_s is None:
            self._known_s = now_s
        return self._known_s is not None and now_s - self._known_s >= self._camera.scene.settle_s

    def _values(self, view: View, height: int) -> Iterator[tuple[tuple[str, str], float]]:
        yield ("image_brightness", ""), round(view.brightness, 2)
        yield ("image_sharpness", ""), round(view.sharpness, 1)
        if view.occlusion is not None:
            yield ("image_occlusion", ""), round(view.occlusion, 1)
        if view.motion is not None:
            yield ("motion_share", ""), round(view.motion, 3)
        if view.shift is not None:
            yield ("scene_shift", ""), round(100 * hypot(*view.shift) / height, 2)
        if view.clear:
            sizes = self._camera.sizes
            heights = [box.height / height for box in view.moving]
            people = sum(sizes.person_min <= one < sizes.person_max for one in heights)
            birds = sum(sizes.bird_min <= one < sizes.bird_max for one in heights)
            yield ("object_count", "people"), float(people)
            yield ("object_count", "birds"), float(birds)

    def _happenings(self, view: View, values: Mapping[tuple[str, str], float]) -> Iterator[Happening]:
        limits = self._camera.scene
        moved = values.get(("scene_shift", ""))
        lost = view.occlusion
        seen: dict[str, tuple[bool | None, dict[str, Scalar]]] = {
            "dark": (view.brightness < limits.dark_percent, {"brightness_percent": values["image_brightness", ""]}),
            "occluded": (None if lost is None else lost >= limits.occluded_percent, {"occlusion_percent": lost}),
            "shifted": (None if moved is None else moved >= limits.shifted_percent, {"shift_percent": moved}),
        }
        for name, (now, data) in seen.items():
            change = self._conditions[name].see(now)
            if change == "ends" and name == "shifted":
                continue  # the scene is learned anew: that it fits again says nothing
            if change is not None:
                yield Happening(f"camera.{name}", {"active": change == "begins", **data})
            if change == "begins" and name == "shifted":
                self._conditions[name] = Condition(limits.confirm)
                self._scene.forget()

    def _occasions(
        self, view: View, values: Mapping[tuple[str, str], float], happenings: tuple[Happening, ...], now_s: float
    ) -> tuple[str, ...]:
        found = [kind for kind in ("people", "birds") if view.clear and values["object_count", kind] > 0]
        found += [one.kind.removeprefix("camera.") for one in happenings if one.data["active"]]
        due = [
            one
            for one in found
            if one in self._camera.send
            and (one not in self._sent_s or now_s - self._sent_s[one] >= self._camera.send_gap_s)
        ]
        self._sent_s.update(dict.fromkeys(due, now_s))
        return tuple(due)

    def _keeps(self, now_s: float) -> bool:
        every_s = self._camera.keep_every_s
        return every_s is not None and (self._kept_s is None or now_s - self._kept_s >= every_s)
