"""The ``[[link]]`` sections of a configuration, told apart by ``kind``: of the kinds that it has, and no others."""

from functools import cache
from typing import Annotated, Any, TypeVar, Union

from pydantic import Field, create_model

from edge.links.kinds import KINDS, named
from edge.section import Section

S = TypeVar("S", bound=Section)


def kinds_of(links: object) -> frozenset[str]:
    """Which kinds must be known to read them; all, when one has none or a wrong one: they are told by their names.

    :param links: what stands under ``link`` in the file, read or not.
    """
    found: list[object] = [one.get("kind") if isinstance(one, dict) else None for one in _listed(links)]
    known = frozenset(kind for kind in found if isinstance(kind, str) and kind in KINDS)
    return known if len(known) == len(set(map(str, found))) else frozenset(KINDS)


def with_links(section: type[S], kinds: frozenset[str]) -> type[S]:
    """A section whose ``link`` has sections of these kinds."""
    return _with_links(section, kinds) if kinds else section


@cache
def _with_links(section: type[S], kinds: frozenset[str]) -> type[S]:
    links: Any = tuple[_type_of(kinds), ...]  # type: ignore[misc]
    return create_model(section.__name__, __base__=section, link=(links, ()))


def _type_of(kinds: frozenset[str]) -> Any:
    sections = [named(kind.section) for name, kind in KINDS.items() if name in kinds]
    return sections[0] if len(sections) == 1 else Annotated[Union[*sections], Field(discriminator="kind")]


def _listed(links: object) -> list[object]:
    return links if isinstance(links, list) else []
