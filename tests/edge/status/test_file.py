"""The status file on a disk that is really full: /dev/full refuses every byte."""

from pathlib import Path

from edge.status.file import StatusFile


def test_on_a_full_disk_the_old_one_stays_and_what_the_disk_said_is_kept(tmp_path: Path) -> None:
    file = StatusFile(tmp_path / "status.json")
    file.write({"a": 1})
    (tmp_path / "status.new").symlink_to("/dev/full")
    file.write({"a": 2})
    assert file.refusal == f"{tmp_path}/status.json: No space left on device"
    assert (tmp_path / "status.json").read_text() == '{"a": 1}'
    (tmp_path / "status.new").unlink()
    file.write({"a": 3})
    assert (file.refusal, (tmp_path / "status.json").read_text()) == ("", '{"a": 3}')
