"""docs/integrating.md as the tests read it: what stands there is what is tested."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "integrating.md"
_BLOCK = re.compile(r"^```(\S+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(tag: str) -> list[str]:
    """The fenced blocks whose info string has this second word, in order."""
    return [text for _, found, text in _BLOCK.findall(GUIDE.read_text()) if found == tag]


def block(tag: str) -> str:
    """The only one of them."""
    (text,) = blocks(tag)
    return text
