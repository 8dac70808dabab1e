"""``yingzhou edge`` with a configuration from afar: when the process starts anew, and when it does not."""

import os
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from edge.agent import Agent
from edge.remote.effective import start, store_of
from edge.remote.keeper import Restart
from protocols.uplink import Configuration
from protocols.vocabulary import ConfigError
from yingzhou.__main__ import main


class Anew(Exception):
    pass


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def execv(program: str, arguments: list[str]) -> NoReturn:
        assert program == sys.executable
        raise Anew(arguments)

    monkeypatch.setattr(os, "execv", execv)
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_text("00" * 32)
    path = tmp_path / "gateway.toml"
    path.write_text(
        '[gateway]\nid = "gw-1"\ndata = "data"\n[uplink]\nurl = "mqtt://127.0.0.1:1"\nhmac_key_file = "key"\n'
    )
    return path


def on_trial(path: Path) -> None:
    store_of(start(path)).adopt(Configuration("cfg-00000001", 1, 0, ""), 0)


def ends_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(self: Agent) -> None:
        raise error

    monkeypatch.setattr(Agent, "run", run)


@pytest.mark.parametrize("error", [Restart(), ExceptionGroup("", [Restart()])])
def test_another_configuration_starts_the_process_anew(
    path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    ends_with(error, monkeypatch)
    with pytest.raises(Anew) as anew:
        main(["edge", "-c", str(path)])
    assert anew.value.args[0] == [sys.executable, *sys.orig_argv[1:]]


def test_an_error_on_trial_rolls_back_and_starts_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_trial(path)
    ends_with(RuntimeError("a device model of ours is wrong"), monkeypatch)
    with pytest.raises(Anew):
        main(["edge", "-c", str(path)])
    store = store_of(start(path))
    store.load()
    assert store.standing.trial is None
    assert store.standing.ends[-1].reason == "the agent ended: RuntimeError: a device model of ours is wrong"
    with pytest.raises(RuntimeError, match="a device model"):  # what has proved itself: whoever supervises us acts
        main(["edge", "-c", str(path)])


def test_what_is_wrong_on_the_gateway_itself_rolls_nothing_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_trial(path)
    ends_with(ConfigError("the spool is in use"), monkeypatch)
    assert main(["edge", "-c", str(path)]) == 2
    store = store_of(start(path))
    store.load()
    assert store.standing.trial is not None
