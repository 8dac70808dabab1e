import subprocess
import sys
from pathlib import Path

import pytest

from cloud.ownership import owned
from protocols.vocabulary import ConfigError

HOLD = """
import pathlib, sys
from cloud.ownership import owned
with owned(pathlib.Path(sys.argv[1]), "cloud"):
    print(1, flush=True)
    input()
"""


def test_second_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"1\n"
        with pytest.raises(ConfigError, match="another cloud is running in this folder"), owned(folder, "cloud"):
            pass
        with owned(folder, "up"):  # another role
            pass
        first.kill()
    with owned(folder, "cloud"):
        pass


def test_folder_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nobody")):
        with pytest.raises(ConfigError, match=f"^{folder}: "), owned(folder, "up"):
            pass
