"""tests/peers/install: quick when all is there, and clear about what it needs when it is not."""

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.peers

INSTALL = Path(__file__).with_name("install")


def install(path: str = "") -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "PATH": path + os.environ["PATH"]}
    return subprocess.run([str(INSTALL)], capture_output=True, text=True, check=False, env=env, timeout=10)


def test_with_everything_there_it_does_nothing() -> None:
    done = install()
    assert (done.returncode, done.stdout, done.stderr) == (0, "tests/peers/install: all there\n", "")


def test_without_root_it_says_what_is_missing_and_changes_nothing(tmp_path: Path) -> None:
    """A dpkg-query that knows nothing of mbpoll, and an id that is not root: the real ones cannot be asked to."""
    for name, text in {
        "dpkg-query": 'for last; do :; done; [ "$last" = mbpoll ] || printf installed',
        "id": "echo 1000",
        "apt-get": "echo called >&2; exit 7",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    done = install(path=f"{tmp_path}:")
    assert done.returncode == 1
    assert done.stderr.startswith("tests/peers/install: missing: mbpoll; installing them needs root")
    assert "called" not in done.stderr
