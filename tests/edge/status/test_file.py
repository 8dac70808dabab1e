"""The status file on a disk that is really full: /dev/full refuses every byte."""

import logging
from pathlib import Path

import pytest

from edge.status.file import StatusFile


def test_a_full_disk_is_told_of_once_and_when_it_is_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = StatusFile(tmp_path / "status.json")
    file.write({"a": 1})
    (tmp_path / "status.new").symlink_to("/dev/full")
    with caplog.at_level(logging.INFO, "edge.status.file"):
        for _ in range(3):
            file.write({"a": 2})
            assert file.refused
        assert (tmp_path / "status.json").read_text() == '{"a": 1}', "the old one stays"
        (tmp_path / "status.new").unlink()
        file.write({"a": 3})
    assert not file.refused
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "No space left on device" in caplog.records[0].message
