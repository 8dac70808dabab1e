"""Every kind of link can be made, and what its packages are missing is told."""

import subprocess
import sys
from typing import get_args

import pytest

from edge.links.config import LinkConfig
from edge.links.registry import LINKS, maker_of
from protocols.vocabulary import ConfigError


def kinds() -> set[str]:
    union, *_ = get_args(LinkConfig)
    return {kind for section in get_args(union) for kind in get_args(section.model_fields["kind"].annotation)}


def test_every_kind_of_the_configuration_has_a_link() -> None:
    assert kinds() == set(LINKS)
    for kind in LINKS:
        assert callable(maker_of(kind))


def test_a_package_that_is_not_installed_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    for name in [name for name in sys.modules if name.startswith("edge.cameras") or name == "edge.links.camera"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ConfigError, match=r'kind "camera": PIL.* is not installed: pip install "yingzhou\[camera\]"'):
        maker_of("camera")


def test_an_agent_loads_only_what_its_links_need() -> None:
    """A gateway has little memory: the packages of all links together are tens of megabytes."""
    code = "import sys, edge.agent; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"aiocoap", "PIL", "numpy", "serialx", "pymodbus"} & set(loaded) == set()
