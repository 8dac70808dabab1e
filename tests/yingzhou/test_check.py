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
    assert (told.code, len(told.err)) == (2, 1)
    assert f"{file}{said}" in told.err[0]
    told = yingzhou("check", "--json", str(file))
    assert (told.code, told.json()[0]["kind"]) == (2, kind)
    assert told.json()[0]["errors"][0].startswith(f"{file}{said}")


def test_right_is_0(yingzhou, tmp_path: Path):
    file = tmp_path / "cloud.toml"
    file.write_text("[api]\nport = 1\n")
    assert yingzhou("check", str(file)).out == [f"{file}: right, for cloud"]
    assert yingzhou("check", str(file), "--json").json() == [{"ok": True, "kind": "cloud"}]
    assert yingzhou("check", str(tmp_path / "none")).code == 2
