"""The ``console`` blocks of a page: commands behind ``$`` and what they print.

``python -m tests.yingzhou.console`` runs them all and writes what they print now into the pages.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

PAGES = Path(__file__).parents[2] / "docs" / "protocols"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RUN = re.compile(r"^\$ (.*?)\n(.*?)(?=^\$ |\Z)", re.MULTILINE | re.DOTALL)


class Run(NamedTuple):
    """One command of a page."""

    command: str
    shown: str

    def argv(self) -> tuple[list[str], bytes]:
        """Arguments for the command line, and its standard input: what an ``echo`` in front pipes in."""
        words = shlex.split(self.command)
        stdin = b""
        if words[0] == "echo":
            place = words.index("|")
            stdin, words = " ".join(words[1:place]).encode() + b"\n", words[place + 1 :]
        if words[0] != "yingzhou":
            raise ValueError(f"{self.command!r}: expected yingzhou ...")
        return words[1:], stdin


def runs(page: Path) -> list[Run]:
    return [Run(*found) for block in _BLOCK.findall(page.read_text("utf-8")) for found in _RUN.findall(block)]


def _rewrite(page: Path) -> None:
    def again(found: "re.Match[str]") -> str:
        parts = []
        for run in (Run(*one) for one in _RUN.findall(found[1])):
            argv, stdin = run.argv()
            said = subprocess.run(
                [sys.executable, "-m", "yingzhou", *argv], check=False, input=stdin, capture_output=True
            )
            parts.append(f"$ {run.command}\n{(said.stdout + said.stderr).decode()}")
        return f"```console\n{''.join(parts)}```"

    page.write_text(_BLOCK.sub(again, page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    for one in sorted(PAGES.glob("*.md")):
        _rewrite(one)
