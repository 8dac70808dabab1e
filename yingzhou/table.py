"""A decoded frame as lines that a person reads: names left, values right, lists of objects and of lists as rows."""

from collections.abc import Iterator
from typing import Any, Final

_INDENT: Final = "  "
_SHOWN: Final = 24
"""Characters of a field's bytes in one line: eight bytes in hexadecimal."""


def table(told: dict[str, Any]) -> str:
    """Lines without a newline at the end."""
    return "\n".join(_lines(told, ""))


def rows(fields: list[dict[str, Any]]) -> str:
    """An explanation: place, bytes, name and meaning of each field; long bytes go on in lines of their own."""
    width = max((len(field["name"]) for field in fields), default=0)
    return "\n".join(line for field in fields for line in _field_lines(field, width))


def _field_lines(field: dict[str, Any], width: int) -> Iterator[str]:
    shown = [field["shown"][at : at + _SHOWN] for at in range(0, len(field["shown"]), _SHOWN)]
    yield f"{field['at']:>5}  {shown[0]:<{_SHOWN}}  {field['name']:<{width}}  {_text(field['meaning'])}".rstrip()
    for more in shown[1:]:
        yield f"{'':>5}  {more}".rstrip()


def _lines(told: dict[str, Any], indent: str) -> Iterator[str]:
    width = max((len(name) for name, value in told.items() if not _is_nested(value)), default=0)
    for name, value in told.items():
        if not _is_nested(value):
            yield f"{indent}{name:<{width}}  {_text(value)}".rstrip()
        elif isinstance(value, dict):
            yield f"{indent}{name}"
            yield from _lines(value, indent + _INDENT)
        else:
            yield f"{indent}{name}"
            for place, item in enumerate(value):
                yield f"{indent}{_INDENT}{place:>3}  {_row(item)}"
                if isinstance(item, dict):
                    nested = {key: inner for key, inner in item.items() if _is_nested(inner)}
                    yield from _lines(nested, f"{indent}{_INDENT}     ")


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(map(_is_a_line, value)))


def _is_a_line(item: Any) -> bool:
    """Whether an item of a list stands in a line of its own: objects, lists, and texts of several words."""
    return isinstance(item, dict | list) or (isinstance(item, str) and " " in item)


def _row(item: Any) -> str:
    if isinstance(item, dict):
        return "  ".join(f"{name}={_text(value)}" for name, value in item.items() if not _is_nested(value))
    return _text(item)


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(_text(item) for item in value)
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in str(value))
