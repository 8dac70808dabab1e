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
    assert yingzhou("check", str(file), "--json").json() == [{"ok": True, "kind": "cloud", "warnings": []}]
    assert yingzhou("check", str(tmp_path / "none")).code == 2


def test_of_an_empty_file_somebody_must_say_what_it_is_for(yingzhou, tmp_path: Path):
    file = tmp_path / "some.toml"
    file.write_text("# nothing yet\n")
    told = yingzhou("check", str(file))
    assert (told.code, told.err) == (
        2,
        [f"yingzhou check: {file}: nothing is in it; say what it is for: --kind cloud|gateway|island"],
    )
    assert yingzhou("check", "--kind", "cloud", str(file)).out == [f"{file}: right, for cloud"]


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
    assert yingzhou("check", "--secrets", "--json", str(file)).json() == [
        {"ok": True, "kind": "gateway", "warnings": []}
    ]


ODD = """
[[rule]]
name = "warm"
source = "serial:1"
observed = "water_temperatur"
comparison = "gt"
levels = [{ limit = 30 }]
action = [{ target = "serial:1/lamp_levl", raised = 1 }]
[[lights]]
name = "road"
targets = ["serial:1/lamp_level", "serial:1/lamplevel/2"]
latitude = 30.7
longitude = 122.4
plan = [{ switches = [["sunset", 100]] }]
[[quality.checks]]
observed = "hj212_a01012"
[[link]]
kind = "modbus-tcp"
name = "a"
host = "h"
device = [{ neuron = "serial:1", rows = [
  { observed = "water_temprature", address = 0 },
  { observed = "sludge_blanket", address = 1 },
] }]
"""


def test_a_property_outside_the_vocabulary_is_a_warning(yingzhou, tmp_path: Path):
    file = tmp_path / "gateway.toml"
    file.write_text(GATEWAY + ODD)
    told = yingzhou("check", str(file))
    assert (told.code, told.out) == (0, [f"{file}: right, for gateway"])
    no, carried = "not in the vocabulary", "carried as it is, with no unit and no range of its own"
    assert [line.removeprefix(str(file)) for line in told.err] == [
        f""":13: rule.0.observed: 'water_temperatur': {no}, did you mean "water_temperature"?""",
        f""":16: rule.0.action.0.target: 'lamp_levl': {no}, did you mean "lamp_level"?""",
        f""":19: lights.0.targets.1: 'lamplevel': {no}, did you mean "lamp_level"?""",
        f""":30: link.0.device.0.rows.0.observed: 'water_temprature': {no}, did you mean "water_temperature"?""",
        f":31: link.0.device.0.rows.1.observed: 'sludge_blanket': {no}: {carried}",
    ]
    assert yingzhou("check", "--json", str(file)).json() == [{"ok": True, "kind": "gateway", "warnings": told.err}]


def test_ports_and_names_that_clash_are_told_with_what_else_is_wrong(yingzhou, tmp_path: Path):
    file = tmp_path / "gateway.toml"
    link = '[[link]]\nkind = "{}"\nname = "a"\nport = 7001\n'
    file.write_text(GATEWAY + link.format("hj212-tcp") + link.format("sl651-tcp") + "[spool]\ngather_ms = 0\n")
    told = yingzhou("check", str(file))
    assert (told.code, told.out) == (2, [])
    assert [line.removeprefix(str(file)) for line in told.err] == [
        ":15: link.1.name: 'a': link name given already: link.0.name (line 11)",
        ":16: link.1.port: '7001': TCP port taken already, on 0.0.0.0: link.0.port (line 12)",
        ":18: spool.gather_ms: '0': Input should be greater than or equal to 1",
    ]
