from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("[api]\nport = 1\nnope = 1\n", "cloud", ":3: api.nope: "),
        ('seed = "x"\n', "island", ":1: seed: "),
        ('[gateway]\nid = "GW"\n', "gateway", ":2: gateway.id: "),
        ("[api\n", "gateway", ":1: no TOML"),
        ("a = " + "[" * 100_000, "gateway", ": nested too deep"),
    ],
)
def test_what_is_wrong_has_a_place(yingzhou, tmp_path: Path, text: str, kind: str, said: str):
    file = tmp_path / "some.toml"
    file.write_text(text)
    told = yingzhou("check", str(file))
    assert told.code == 2
    assert any(line.startswith(f"{file}{said}") for line in told.err)
    faults = told.err
    told = yingzhou("check", "--json", str(file))
    assert told.json()[0]["errors"] == faults
    assert (told.code, told.json()[0]["kind"]) == (2, kind)


def test_right_is_0(yingzhou, tmp_path: Path):
    file = tmp_path / "cloud.toml"
    file.write_text("[api]\nport = 1\n")
    assert yingzhou("check", str(file)).out == [f"{file}: right, for cloud"]
    assert yingzhou("check", str(file), "--json").json() == [{"ok": True, "kind": "cloud"}]
    assert yingzhou("check", str(tmp_path / "none")).code == 2


GATEWAY = """[gateway]
id = "gw-1"
data = "data"
[uplink]
url = "mqtt://127.0.0.1"
username = "u"
password_file = "password"
hmac_key_file = "key"
"""


def test_every_fault_is_told_at_once(yingzhou, tmp_path: Path):
    file = tmp_path / "gateway.toml"
    file.write_text(GATEWAY.replace("gw-1", "GW").replace("mqtt:", "http:") + "[spool]\ngather_ms = 0\nmore = 1\n")
    told = yingzhou("check", str(file))
    assert (told.code, told.out) == (2, [])
    places = [line.removeprefix(str(file)).split(": ")[:2] for line in told.err]
    assert places == [[":2", "gateway.id"], [":5", "uplink.url"], [":10", "spool.gather_ms"], [":11", "spool.more"]]


def test_secrets_that_others_may_read_are_refused_with_their_key(yingzhou, tmp_path: Path):
    file, key, password = (tmp_path / name for name in ("gateway.toml", "key", "password"))
    file.write_text(GATEWAY)
    assert yingzhou("check", str(file)).code == 0, "nothing was opened"
    key.write_text("00")
    key.chmod(0o640)
    told = yingzhou("check", "--secrets", str(file))
    assert told.code == 2
    assert told.err == [
        f"{file}:7: uplink.password_file: {password}: No such file or directory",
        f"{file}:8: uplink.hmac_key_file: {key}: mode 0640: expected 0600, for nobody but its owner",
    ]
    for one in (key, password):
        one.write_text("00")
        one.chmod(0o600)
    assert yingzhou("check", "--secrets", str(file)).out == [f"{file}: right, for gateway"]
    assert yingzhou("check", "--secrets", "--json", str(file)).json() == [{"ok": True, "kind": "gateway"}]
