"""The payload of a registration: which objects and instances a client has, in CoRE link format (RFC 6690)."""

import re
from dataclasses import dataclass
from typing import Final

from protocols import link_format
from protocols.link_format import Link
from protocols.lwm2m.path import MAX_ID, Path
from protocols.lwm2m.refusal import Refused
from protocols.vocabulary.errors import ProtocolError

ROOT_TYPE: Final = "oma.lwm2m"

_NUMBERS: Final = re.compile(r"[0-9]{1,5}(?: +[0-9]{1,5})*", re.ASCII)
_VERSION: Final = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a client has."""

    instances: tuple[Path, ...] = ()
    """Objects without an instance, and instances, in order and each once."""
    versions: tuple[tuple[int, str], ...] = ()
    """Object and its version, where the client gave one; others are of version 1.0, or of that of the enabler."""
    root: str = "/"
    """Where the objects are: ``/``, or such as ``/lwm2m``; goes in front of every path that is asked."""
    content_formats: tuple[int, ...] = ()
    """What it can write besides what its version must; from the root's ``ct``."""
    others: tuple[str, ...] = ()
    """Targets that are no objects, as they came."""

    @property
    def objects(self) -> tuple[int, ...]:
        """The numbers of the objects, each once."""
        return tuple(dict.fromkeys(path.object_id for path in self.instances if path.object_id is not None))

    def version_of(self, object_id: int) -> str | None:
        """The version of an object that the client gave."""
        return dict(self.versions).get(object_id)


NOTHING: Final = Offer()


def offer_of(content_format: int | None, payload: bytes) -> Offer | None:
    """Read the links; None when there is no payload.

    A missing content format is taken to be 40, as modems leave it out.

    :raises Refused: 4.15: another content format; 4.00: no links, or a link to an object with numbers out of range.
    """
    if not payload:
        return None
    if content_format not in (None, link_format.CONTENT_FORMAT):
        raise Refused("4.15", f"content format {content_format}: expected {link_format.CONTENT_FORMAT}, links")
    try:
        links = link_format.decode(payload)
    except ProtocolError as wrong:
        raise Refused("4.00", str(wrong), payload) from None
    top = next((link for link in links if ROOT_TYPE in (link.attribute("rt") or "").split()), None)
    root = "/" + top.target.strip("/") if top is not None else "/"
    return _offer(links, top, root)


def _offer(links: list[Link], top: Link | None, root: str) -> Offer:
    instances: dict[Path, None] = {}
    versions: dict[int, str] = {}
    others = []
    for link in links:
        path = _path(link.target, root)
        if path is None:
            if link is not top:
                others.append(link.target)
            continue
        instances[path] = None
        version = link.attribute("ver")
        if version is not None and path.object_id is not None:
            if _VERSION.fullmatch(version) is None:
                raise Refused("4.00", f"{link.target:.40}: version {version!r:.20}: expected such as 1.1")
            versions[path.object_id] = version
    formats = _content_formats(top.attribute("ct")) if top is not None else ()
    return Offer(tuple(instances), tuple(versions.items()), root, formats, tuple(others))


def _path(target: str, root: str) -> Path | None:
    """Object, or object and instance, below the root; None for a target that is neither."""
    below = root if root.endswith("/") else root + "/"
    if not target.startswith(below):
        return None
    ids = target.removeprefix(below).rstrip("/").split("/")
    if not 1 <= len(ids) <= 2 or not all(part.isascii() and part.isdecimal() for part in ids):
        return None
    try:
        return Path.parse("/".join(ids))
    except ProtocolError:
        raise Refused("4.00", f"{target:.40}: numbers of objects and instances end at {MAX_ID}") from None


def _content_formats(text: str | None) -> tuple[int, ...]:
    """One number, or several in quotes with blanks between them."""
    if text is None:
        return ()
    if _NUMBERS.fullmatch(text.strip()) is None:
        raise Refused("4.00", f"ct={text!r:.40}: expected numbers with blanks between them")
    return tuple([int(part) for part in text.split()])
