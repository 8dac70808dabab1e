"""The link that serves a section of the configuration."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from edge.links.kinds import KINDS, named
from edge.links.link import Link, Remembering
from edge.section import LinkSection
from protocols.vocabulary import Clock, ConfigError

EXTRAS: Final[Mapping[str, str]] = {"h11": "camera", "numpy": "camera", "PIL": "camera"}
"""Package -> the extra of ours that brings it, where it is not ``edge``."""


def maker_of(kind: str) -> Callable[[Any, Clock], Link]:
    """What makes links of this kind.

    :raises ConfigError: a package that they need is not installed.
    """
    try:
        maker: Callable[[Any, Clock], Link] = named(KINDS[kind].link)
    except ModuleNotFoundError as missing:
        extra = EXTRAS.get(missing.name or "")
        if extra is None:
            raise
        raise ConfigError(
            f'link kind "{kind}": {missing.name} is not installed: pip install "yingzhou[{extra}]"'
        ) from None
    return maker


def link_for(config: LinkSection, clock: Clock, folder: Path | None = None) -> Link:
    """The link of a ``[[link]]`` section; its I/O begins with run().

    :param folder: where links keep what they must know after a restart; None: they keep nothing.
    """
    link = maker_of(config.kind)(config, clock)
    if folder is not None and isinstance(link, Remembering):
        link.remember(folder / f"{config.name}.json")
    return link
