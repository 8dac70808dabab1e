"""The gateway's own file and the text from afar as one, and the start of the agent."""

from pathlib import Path

import pytest

from edge.remote.effective import crashed, merged, start, store_of, taken_away
from edge.remote.store import ConfigStore
from protocols.uplink import Configuration
from protocols.vocabulary import ConfigError

NOW = 1_767_225_600_000
COAP = '[[link]]\nkind = "coap"\nname = "afar"\n'


def own(folder: Path, more: str = '[[link]]\nkind = "coap"\nname = "own"\n') -> Path:
    path = folder / "gateway.toml"
    path.write_text(
        '[gateway]\nid = "gw-1"\ndata = "data"\n[uplink]\nurl = "mqtt://127.0.0.1:1"\nhmac_key_file = "key"\n' + more
    )
    return path


def store_at(path: Path) -> ConfigStore:
    store = store_of(start(path))
    store.load()
    return store


def one(version: int, toml: str) -> Configuration:
    return Configuration(f"cfg-{version:08d}", version, NOW, toml)


def names(path: Path) -> list[str]:
    return [link.name for link in start(path).link]


def test_the_text_from_afar_is_whole_and_the_own_sections_stay(tmp_path: Path) -> None:
    path = own(tmp_path)
    found = merged(path, COAP, 7)
    assert [link.name for link in found.link] == ["afar"]
    assert (found.gateway.id, found.gateway.data) == ("gw-1", tmp_path / "data")
    assert merged(path, "", 7).link == ()


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("x", "config-7.toml:1: no TOML"),
        ("[gateway]\nid = 'gw-2'", "config-7.toml:1: gateway: this stands in the gateway's own file only"),
        ("[uplink]\n[spool]\n[health]", "config-7.toml:3: health: this stands in the gateway's own file only"),
        ("[more]", "config-7.toml:1: more: Extra inputs are not permitted"),
        ("\n" + COAP + "port = 70000", "config-7.toml:5: link.0.port: '70000': "),
        (COAP + COAP, "config-7.toml:6: link.1.name: 'afar': link name given already: link.0.name (line 3)"),
        ("link = 5", "config-7.toml:1: link: '5': "),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, toml: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        merged(own(tmp_path), toml, 7)
    assert says in str(refused.value)
    assert str(tmp_path) not in str(refused.value)


def test_the_start_takes_what_is_in_force(tmp_path: Path) -> None:
    path = own(tmp_path)
    assert names(path) == ["own"]
    assert not (tmp_path / "data").exists(), "who is never configured from afar keeps nothing"
    store_at(path).adopt(one(1, COAP), NOW)
    assert names(path) == ["afar"]
    store_at(path).confirm(NOW)
    assert names(path) == ["afar"]


def test_what_cannot_be_used_any_more_goes(tmp_path: Path) -> None:
    path = own(tmp_path)
    store_at(path).adopt(one(1, COAP), NOW)
    store_at(path).confirm(NOW)
    store_at(path).adopt(one(2, "[more]"), NOW)  # as an older version of the agent might have found it right
    assert names(path) == ["afar"]
    end = store_at(path).standing.ends[-1]
    assert (end.version, end.state) == (2, "rolled_back")
    assert "config-2.toml:1: more" in end.reason
    (tmp_path / "data" / "config" / "1.toml").write_text("x")
    assert names(path) == ["own"]
    assert store_at(path).standing.good is None


def test_what_the_disk_does_not_give_now_is_not_dropped(tmp_path: Path) -> None:
    path = own(tmp_path)
    store_at(path).adopt(one(1, COAP), NOW)
    store_at(path).confirm(NOW)
    text = tmp_path / "data" / "config" / "1.toml"
    text.rename(text.with_suffix(".away"))
    text.mkdir()  # a file that cannot be read, even by root
    assert names(path) == ["own"]
    text.rmdir()
    text.with_suffix(".away").rename(text)
    assert names(path) == ["afar"]


def test_a_damaged_state_leaves_the_own_file(tmp_path: Path) -> None:
    path = own(tmp_path)
    store_at(path).adopt(one(1, COAP), NOW)
    (tmp_path / "data" / "config" / "state.json").write_bytes(b"x")
    assert names(path) == ["own"]


def test_a_disk_that_cannot_be_written_leaves_the_own_file(tmp_path: Path) -> None:
    path = own(tmp_path)
    store_at(path).adopt(one(1, COAP), NOW)
    (tmp_path / "data" / "config" / "state.new").mkdir()
    assert names(path) == ["own"]


def test_an_agent_that_ends_by_an_error_rolls_back_what_is_on_trial_only(tmp_path: Path) -> None:
    path = own(tmp_path)
    assert not crashed(path, OSError("x"))
    store_at(path).adopt(one(1, COAP), NOW)
    assert crashed(path, OSError("address in use"))
    assert store_at(path).standing.ends[-1].reason == "the agent ended: OSError: address in use"
    assert names(path) == ["own"]
    store_at(path).adopt(one(2, COAP), NOW)
    store_at(path).confirm(NOW)
    assert not crashed(path, OSError("x"))
    assert names(path) == ["afar"]


@pytest.mark.parametrize(
    ("working", "toml", "says"),
    [
        ([], "", ""),
        (["afar"], COAP, ""),
        (["afar", "own"], COAP, "warning: links that work now are not in it: own"),
        (["own", "stations"], COAP, "none of the links that work now is in it: own, stations go; it has afar"),
        (["own"], "", "none of the links that work now is in it: own go, and no link is left"),
        ([f"l{number}" for number in range(23)], "", "l18, l19 and 3 more go, and no link is left"),
    ],
)
def test_links_that_work_and_go_are_named(tmp_path: Path, working: list[str], toml: str, says: str) -> None:
    told = taken_away(working, merged(own(tmp_path), toml, 7))
    assert told.endswith(says)
    assert bool(told) == bool(says)
