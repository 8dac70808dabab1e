"""Every kind of link can be made, and what its packages are missing is told."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from edge.links.kinds import KINDS, named
from edge.links.registry import maker_of
from protocols.vocabulary import ConfigError


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_section_and_a_link(kind: str) -> None:
    assert get_args(named(KINDS[kind].section).model_fields["kind"].annotation) == (kind,)
    assert callable(maker_of(kind))


def test_a_gateway_loads_the_sections_of_its_own_kinds_only(tmp_path: Path) -> None:
    for name in ("password", "key"):
        (tmp_path / name).touch(mode=0o600)
    (tmp_path / "gateway.toml").write_text(
        f'[gateway]\nid = "gw-1"\ndata = "{tmp_path}"\n[uplink]\nurl = "mqtt://x"\nhmac_key_file = "key"\n'
        '[[link]]\nkind = "coap"\nname = "a"\n'
    )
    code = "import sys, pathlib, edge.config; edge.config.load(pathlib.Path(sys.argv[1])); print(*sys.modules)"
    ran = [sys.executable, "-c", code, str(tmp_path / "gateway.toml")]
    loaded = subprocess.run(ran, capture_output=True, check=True, text=True).stdout.split()
    sections = {kind.section.partition(":")[0] for kind in KINDS.values()}
    assert sections & set(loaded) == {"edge.links.coap_config"}


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
