"""docs/integrating.md as the tests read it: what stands there is what is tested."""

import re
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "integrating.md"
_BLOCK = re.compile(r"^```(\S+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(guide: Path, tag: str) -> list[tuple[str, str]]:
    """The fenced blocks whose info string has this second word, in order: (language, text)."""
    return [(language, text) for language, found, text in _BLOCK.findall(guide.read_text()) if found == tag]


def runnable(guide: Path) -> list[tuple[str, str]]:
    """What of it is to be run."""
    found = blocks(guide, "test")
    assert found, f"nothing to run in {guide}"
    return found


def block(tag: str) -> str:
    """The only one that is called so."""
    ((_, text),) = blocks(GUIDE, tag)
    return text
