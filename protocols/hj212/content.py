"""The content parameters, ``CP=&&...&&``: HJ 212-2017 §6.3.3.

``=`` stands between name and value, ``,`` between values of one factor, ``;`` between factors. The same name may
come again in another group (command 3020), so this is a list of groups and never one dictionary.
"""

import re

from protocols.vocabulary.errors import ProtocolError

Group = tuple[tuple[str, str], ...]
"""What stands between two ``;``: (name, value) in wire order."""

_TEXT = "//"
_ITEM = re.compile(r"(?P<name>[^=;,]*)(?:=(?P<value>//.*?//(?=[;,]|\Z)|[^;,]*))?(?P<end>[;,]|\Z)", re.DOTALL)


def read_groups(content: str) -> tuple[Group, ...]:
    """Read what stands between the two ``&&``. Blanks around names are trimmed, nothing else is mended.

    :raises ProtocolError: an item has no ``=`` or no name.
    """
    if _TEXT in content:
        return _read_quoted(content)
    groups = []
    for part in content.split(";"):
        group = []
        for item in part.split(","):
            if item:
                name, equals, value = item.partition("=")
                name = name.strip()
                if not equals or not name:
                    raise ProtocolError(f"CP: expected name=value, found {item!r:.80}")
                group.append((name, value))
        if group:
            groups.append(tuple(group))
    return tuple(groups)


def _pair(parts: tuple[str, str, str]) -> tuple[str, str]:
    name, equals, value = parts
    name = name.strip()
    if not equals or not name:
        raise ProtocolError(f"CP: expected name=value, found {''.join(parts)!r:.80}")
    return name, value


def _read_quoted(content: str) -> tuple[Group, ...]:
    """Log texts stand between ``//`` and may hold the separators (3020, §6.3)."""
    groups: list[Group] = []
    group: list[tuple[str, str]] = []
    position = 0
    while position < len(content):
        match = _ITEM.match(content, position)
        if match is None:
            raise ProtocolError(f"CP: expected name=value, found {content[position:]!r:.80}")
        if match.end("end") > match.start():
            name, value = match["name"], match["value"]
            if name or value is not None:
                group.append(_pair((name, "" if value is None else "=", value or "")))
        if match["end"] == ";" and group:
            groups.append(tuple(group))
            group = []
        position = match.end()
    if group:
        groups.append(tuple(group))
    return tuple(groups)


def write_groups(groups: tuple[Group, ...]) -> str:
    """The inverse of :func:`read_groups`; whether it can be read back, the packet checks."""
    return ";".join(",".join(f"{name}={value}" for name, value in group) for group in groups)
