from pathlib import Path

import pytest

from cloud.secrets import ADMIN_API_KEY, MASTER_KEY, Secrets
from protocols.vocabulary import ConfigError


def test_first_start_makes_them_and_the_second_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "secrets"
    first = Secrets.open(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        MASTER_KEY: 0o600,
        ADMIN_API_KEY: 0o600,
    }
    second = Secrets.open(folder)
    assert first == second
    assert first.admin_api_key == (folder / ADMIN_API_KEY).read_text().strip()
    assert first != Secrets.open(tmp_path / "other")


def test_text_form_shows_nothing(tmp_path: Path) -> None:
    secrets = Secrets.open(tmp_path)
    assert repr(secrets) == str(secrets) == f"{secrets}" == "Secrets(...)"


@pytest.mark.parametrize("name", [".", MASTER_KEY, ADMIN_API_KEY])
@pytest.mark.parametrize("bit", [0o040, 0o004, 0o020, 0o002])
def test_refuses_when_others_are_let_in(tmp_path: Path, name: str, bit: int) -> None:
    folder = tmp_path / "secrets"
    Secrets.open(folder)
    path = folder / name
    path.chmod(path.stat().st_mode | bit)
    with pytest.raises(ConfigError, match="chmod"):
        Secrets.open(folder)


def test_damaged_master_key_is_refused_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    Secrets.open(folder)
    for damaged in ("", "zz" * 32, "00" * 31):
        (folder / MASTER_KEY).write_text(damaged)
        with pytest.raises(ConfigError, match="32 bytes"):
            Secrets.open(folder)
        assert (folder / MASTER_KEY).read_text() == damaged


def test_derived_keys_differ_in_every_part(tmp_path: Path) -> None:
    secrets = Secrets.open(tmp_path)
    keys = {
        secrets.derive(*parts)
        for parts in [("a", "bc", 1), ("ab", "c", 1), ("a", "bc", 2), ("a", "b", 1), ("a", "bc1", 1), ("", "abc", 1)]
    }
    assert len(keys) == 6
    assert all(len(key) == 32 for key in keys)
    assert secrets.derive("a", "bc", 1) == Secrets.open(tmp_path).derive("a", "bc", 1)
