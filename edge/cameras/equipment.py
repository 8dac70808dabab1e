"""Gives a gateway's cameras their album; an agent without cameras imports nothing of theirs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from edge.config import EdgeConfig
from edge.intake import EventSink
from edge.links.link import Link
from edge.uplink.session import Line
from protocols.vocabulary import Clock

if TYPE_CHECKING:
    from edge.cameras.pictures import Pictures


def pictures_of(
    config: EdgeConfig, links: Sequence[Link], line: Line, notes: EventSink, clock: Clock
) -> "Pictures | None":
    """The album of all camera links, which get it with this; None: there is no camera."""
    if not any(link.kind == "camera" for link in config.link):
        return None
    from edge.cameras.pictures import Pictures  # noqa: PLC0415 - see above
    from edge.links.camera import CameraLink  # noqa: PLC0415

    pictures = Pictures(config.pictures, config.gateway.id, line, config.gateway.data, clock)
    for link in links:
        if isinstance(link, CameraLink):
            link.equip(pictures.album, notes)
    return pictures
