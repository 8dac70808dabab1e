"""Which configuration is in force, on a disk whose power is cut: the old or the new, never neither (fault F03)."""

from pathlib import Path
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from edge.remote.store import MAX_ENDS, MAX_STARTS, ConfigStore
from edge.spool.files import FileOps
from protocols.uplink import Configuration
from tests.edge.spool.disk import PowerCut, PowerDisk

NOW = 1_767_225_600_000
FOLDER = Path("/config")


def one(version: int, toml: str = "") -> Configuration:
    return Configuration(f"cfg-{version:08d}", version, NOW, toml or f"# {version}")


def opened(folder: Path, files: FileOps | None = None) -> ConfigStore:
    store = ConfigStore(folder, files)
    store.load()
    return store


def in_force(store: ConfigStore) -> int | None:
    kept = store.standing.trial or store.standing.good
    return None if kept is None else kept.version


def test_tried_and_confirmed(tmp_path: Path) -> None:
    store = opened(tmp_path / "config")
    assert store.begin() is None
    store.adopt(one(5), NOW)
    kept = opened(tmp_path / "config").begin()
    assert kept is not None
    assert (kept.version, store.text(kept)) == (5, "# 5")
    store = opened(tmp_path / "config")
    assert (store.standing.starts, store.standing.highest) == (1, 5)
    store.confirm(NOW + 1)
    again = opened(tmp_path / "config")
    assert again.begin() == kept
    (result,) = again.standing.ends
    assert (result.id, result.state, result.time) == ("cfg-00000005", "applied", NOW + 1)
    assert again.standing.untold == ("cfg-00000005",)
    again.told("cfg-00000005")
    assert opened(tmp_path / "config").standing.untold == ()


def test_started_too_often_it_goes(tmp_path: Path) -> None:
    opened(tmp_path).adopt(one(5), NOW)
    opened(tmp_path).confirm(NOW)
    opened(tmp_path).adopt(one(6), NOW)
    versions = []
    for _ in range(MAX_STARTS + 1):
        kept = opened(tmp_path).begin()
        versions.append(kept and kept.version)
    assert versions == [6] * MAX_STARTS + [5]
    end = opened(tmp_path).standing.ends[-1]
    assert (end.version, end.state) == (6, "rolled_back")
    assert {path.name for path in tmp_path.iterdir()} == {"state.json", "5.toml"}


def test_a_newer_one_takes_the_place_of_one_on_trial(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.adopt(one(5), NOW)
    store.adopt(one(6), NOW)
    assert in_force(store) == 6
    assert store.standing.ends[-1].reason == "version 6 came before it had proved itself"
    store.roll_back("no line", NOW)
    assert in_force(store) is None
    assert [end.version for end in store.standing.ends] == [5, 6]


def test_results_are_bounded(tmp_path: Path) -> None:
    store = opened(tmp_path)
    for version in range(MAX_ENDS + 5):
        store.refuse(one(version), "no", NOW)
    assert [end.version for end in opened(tmp_path).standing.ends] == list(range(5, MAX_ENDS + 5))
    assert in_force(store) is None


def test_a_damaged_state_counts_as_none_and_a_damaged_text_is_known(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.adopt(one(5), NOW)
    kept = store.standing.trial
    assert kept is not None
    (tmp_path / "5.toml").write_text("# 6")
    assert store.text(kept) is None
    (tmp_path / "5.toml").unlink()
    assert store.text(kept) is None
    state = tmp_path / "state.json"
    whole = state.read_bytes()
    for place in range(0, len(whole), 7):
        flipped = bytearray(whole)
        flipped[place] ^= 1
        state.write_bytes(flipped)
        assert opened(tmp_path).damaged
        assert opened(tmp_path).begin() is None
    for junk in (b"", whole[:40], bytes(300)):
        state.write_bytes(junk)
        assert opened(tmp_path).damaged


changes = st.lists(st.sampled_from(["adopt", "confirm", "roll_back", "refuse", "begin"]), min_size=1, max_size=12)


@given(changes, st.integers(0, 60), st.integers(0, 2**32))
def test_whenever_the_power_is_cut_one_of_the_two_is_in_force(history: list[str], steps: int, seed: int) -> None:
    disk = PowerDisk()
    disk.calls_left = steps
    store = opened(FOLDER, disk)
    allowed = {None}
    version = 0
    try:
        for change in history:
            before = in_force(store)
            version += 1
            allowed = {before, version if change == "adopt" else before}
            if change in ("roll_back", "begin"):
                good = store.standing.good
                allowed.add(good.version if good else None)
            if change == "adopt":
                store.adopt(one(version), NOW)
            elif change == "confirm":
                store.confirm(NOW)
            elif change == "roll_back":
                store.roll_back("", NOW)
            elif change == "refuse":
                store.refuse(one(version), "", NOW)
            else:
                store.begin()
            allowed = {in_force(store)}
    except PowerCut:
        pass
    found = opened(FOLDER, disk.after_the_cut(Random(seed)))
    assert not found.damaged
    assert in_force(found) in allowed
    kept = found.standing.trial or found.standing.good
    if kept is not None:
        assert found.text(kept) == f"# {kept.version}", "the text is there, whole"
