"""``[[link]] kind = "camera"``: which cameras, what is hidden in their pictures, and which leave."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from edge.cameras.pictures_config import HttpUrl
from edge.section import LinkSection, PlacedPath, Seconds, Section, Source
from edge.watched import Watched

Share = Annotated[float, Field(ge=0, le=1)]
Corner = tuple[Share, Share]
Zone = Annotated[tuple[Corner, ...], Field(min_length=3, max_length=64)]
"""Corners of a polygon, each as shares of the picture's width (from the left) and height (from the top)."""
Occasion = Literal["people", "birds", "occluded", "shifted", "dark"]
_MIB = 1 << 20


class Sizes(Section):
    """``[link.device.sizes]``: heights of moving things, in shares of the picture's height."""

    bird_min: Annotated[float, Field(ge=0.01, le=0.5)] = 0.015
    bird_max: Annotated[float, Field(ge=0.01, le=0.9)] = 0.08
    person_min: Annotated[float, Field(ge=0.02, le=0.9)] = 0.08
    """Everything that moves and is this high or higher is made unrecognisable, whatever it is."""
    person_max: Annotated[float, Field(ge=0.02, le=1)] = 0.7
    """What is higher counts as no person; it is made unrecognisable all the same."""

    @model_validator(mode="after")
    def _order(self) -> Self:
        if not self.bird_min < self.bird_max <= self.person_min < self.person_max:
            raise ValueError("expected bird_min < bird_max <= person_min < person_max")
        return self


class Scene(Section):
    """``[link.device.scene]``: when something is said to be the case."""

    dark_percent: Annotated[float, Field(ge=0, le=50)] = 4.0
    """Of full brightness; below it the picture is dark, and nothing else is judged."""
    occluded_percent: Annotated[float, Field(ge=5, le=95)] = 40.0
    """Of what had structure; so much without any, and the camera is occluded (dirt, a leaf, dense fog)."""
    shifted_percent: Annotated[float, Field(ge=0.5, le=25)] = 2.0
    """Of the picture's height."""
    confirm: Annotated[int, Field(ge=1, le=20)] = 2
    """So many pictures in a row, before it is said that something began or ended."""
    learn: Annotated[int, Field(ge=5, le=1000)] = 30
    """Over so many pictures the background is averaged."""
    settle_s: Annotated[float, Field(ge=0, le=86_400)] = 600.0
    """So long after a scene became known pictures stay coarse: who stands still from its first picture on is taken for
    a part of it."""


class Camera(Watched):
    """``[[link.device]]`` of a camera link."""

    neuron: Source
    url: HttpUrl
    """Of the snapshot: what is fetched by GET and is a JPEG picture."""
    username: Annotated[str, Field(min_length=1, max_length=128, pattern=r'^[^:"\\\x00-\x1f]+$')] | None = None
    password_file: PlacedPath | None = None
    auth: Literal["digest", "basic"] = "digest"
    """basic: the password is sent in clear, with every request."""
    ca_file: PlacedPath | None = None
    """PEM; with https, instead of the system's certificates."""
    period_s: Annotated[float, Field(ge=1, le=86_400)] = 60.0
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    """For the whole answer, however slowly it comes."""
    max_bytes: Annotated[int, Field(ge=1024, le=32 * _MIB)] = 4 * _MIB
    """Of a snapshot."""
    zones: Annotated[tuple[Zone, ...], Field(max_length=32)] = ()
    """Blacked out before anything else is done."""
    sizes: Sizes = Sizes()
    scene: Scene = Scene()
    send: frozenset[Occasion] = frozenset()
    """On what occasion the picture is sent; none: only when somebody asks for one."""
    send_gap_s: Seconds = 300.0
    """Not more often than this for one occasion."""
    keep_every_s: Seconds | None = None
    """Pictures that are kept here, unsent, for who asks later: one in so long. None: none are."""
    redact: Literal["moving", "all"] = "moving"
    """all: the whole picture is coarse, always; for places where people sit for hours."""
    quality: Annotated[int, Field(ge=20, le=95)] = 75
    """Of the JPEG pictures that are kept and sent."""

    @property
    def source(self) -> str:
        return self.neuron

    @property
    def cadence_s(self) -> float:
        return self.period_s

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.username is None) != (self.password_file is None):
            raise ValueError("username and password_file are given together or not at all")
        if self.ca_file is not None and not self.url.startswith("https:"):
            raise ValueError("ca_file goes with a url of https://")
        return self


class CameraLinkConfig(LinkSection):
    """``[[link]] kind = "camera"``: cameras that are asked for snapshots, which are looked at one at a time."""

    kind: Literal["camera"]
    device: Annotated[tuple[Camera, ...], Field(min_length=1, max_length=64)]
