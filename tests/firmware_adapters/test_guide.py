"""docs/edge/models.md, followed word for word in a copy of the tree."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_adapters.device_model import DeviceModel
from firmware_adapters.rows import REGISTERS, RegisterRow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "edge" / "models.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
GATEWAY = """
[gateway]
id = "gw-1"
data = "data"
[uplink]
url = "mqtt://127.0.0.1"
hmac_key_file = "key"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("protocols", "firmware_adapters", "edge", "yingzhou", "tests/firmware_adapters"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tests" / "__init__.py", tmp_path / "tests" / "__init__.py")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False, timeout=120)


def put_in(path: Path, line: str, marker: str) -> None:
    text = path.read_text("utf-8")
    assert marker in text
    path.write_text(text.replace(marker, f"{line}\n{marker}", 1), "utf-8")


def test_the_five_steps(tree: Path) -> None:
    (_, file), (_, named), (_, observed), (_, law), (_, gateway), (_, shared) = BLOCKS
    path = re.search(r"`(firmware_adapters/models/\S+\.py)`", PAGE)
    assert path is not None
    where = tree / path[1]
    where.parent.mkdir()
    where.parent.joinpath("__init__.py").write_text('"""Tankmaker."""\n')
    where.write_text(file, "utf-8")
    importing, listed = named.splitlines()
    put_in(tree / "firmware_adapters" / "registry.py", importing, "from firmware_adapters.register_model")
    put_in(tree / "firmware_adapters" / "registry.py", listed, "    )\n)\n")
    put_in(tree / "protocols" / "vocabulary" / "properties.py", observed.rstrip(), "    # streetlights")

    laws, listing = law.splitlines()
    done = run(tree, *laws.split()[1:])
    assert done.returncode == 0, done.stdout
    command, page = listing.split(" > ")
    assert page == "docs/devices.md"
    assert "| `Tankmaker/TP-7` | any |" in run(tree, *command.split()[1:]).stdout

    for sections in (gateway, shared):
        (tree / "gateway.toml").write_text(GATEWAY + sections)
        done = run(tree, "-m", "yingzhou", "check", "gateway.toml")
        assert (done.returncode, done.stdout) == (0, "gateway.toml: right, for gateway\n"), done.stderr

    where.write_text(file.replace("02670002", "02670003"), "utf-8")
    assert run(tree, *laws.split()[1:]).returncode == 1, "a golden reply that is not what it is said to be"


def test_every_field_is_explained() -> None:
    for name in (*DeviceModel.__dataclass_fields__, *RegisterRow.__dataclass_fields__, *REGISTERS):
        assert f"`{name}`" in PAGE or f"`{name} " in PAGE, name
