"""Writes requirements/*.txt anew from pyproject.toml: every package pinned with hashes, no index address.

What is pinned stays as it is while pyproject.toml allows it; ``--upgrade`` takes the newest of everything.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SETS = {
    "edge.txt": ["--extra", "edge", "pyproject.toml"],
    "cloud.txt": ["--extra", "cloud", "pyproject.toml"],
    "dev.txt": ["--extra", "edge", "--extra", "cloud", "--extra", "island", "--group", "dev", "pyproject.toml"],
    "fuzz.txt": ["--group", "fuzz"],  # beside dev.txt, so the project's own dependencies are not pinned twice
}


def main() -> int:
    """Exit 0 when all sets were written."""
    for name, options in SETS.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
        command += ["--generate-hashes", "--no-emit-index-url", "--no-emit-package", "yingzhou", *sys.argv[1:]]
        command += ["--custom-compile-command", "make lock"]
        command += [*options, "-o", str(HERE / name)]
        subprocess.run(command, check=True, cwd=HERE.parent)  # noqa: S603 - fixed arguments
    return 0


if __name__ == "__main__":
    sys.exit(main())
