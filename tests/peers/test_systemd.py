"""The unit that ships, as systemd itself reads it."""

import re
import shutil
from pathlib import Path

import pytest

from tests.peers.programs import run

pytestmark = pytest.mark.peers

UNITS = Path(__file__).parents[2] / "deploy" / "systemd"
PAGE = (Path(__file__).parents[2] / "docs" / "edge" / "operation.md").read_text("utf-8")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there, in a folder of its own: what it starts is not looked at."""
    text = (UNITS / "yingzhou-edge.service").read_text("utf-8")
    found = re.search(r"^ExecStart=(\S+)", text, re.MULTILINE)
    assert found is not None
    path = tmp_path / "yingzhou-edge.service"
    path.write_text(text.replace(found[1], "/bin/true"))
    return path


def test_systemd_takes_the_unit_without_a_word(unit: Path) -> None:
    done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_key_that_does_not_exist_would_be_told(unit: Path) -> None:
    unit.write_text(unit.read_text().replace("WatchdogSec=30", "WatchdogSeconds=30"))
    done = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit))
    assert "WatchdogSeconds" in done.stderr


def test_it_may_do_little(unit: Path) -> None:
    done = run("systemd-analyze", "security", "--offline=yes", "--threshold=30", str(unit))
    assert done.returncode == 0, done.stdout


def test_the_user_is_made_by_sysusers(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    rules = tmp_path / "yingzhou.conf"
    shutil.copy(UNITS / "yingzhou.sysusers.conf", rules)
    done = run("systemd-sysusers", f"--root={tmp_path}", "--dry-run", str(rules))
    assert done.returncode == 0, done.stderr
    assert "yingzhou" in done.stdout + done.stderr


def test_the_page_names_every_file(unit: Path) -> None:
    for path in UNITS.iterdir():
        assert f"deploy/systemd/{path.name}" in PAGE, path
