"""``yingzhou restore BACKUP --data DIR``: bring a backup back, checked; ``--check`` looks at it only."""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from protocols.vocabulary import ConfigError, SystemClock
from yingzhou.backup import opened


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``yingzhou restore BACKUP [--data DIR | --check]``."""
    parser.add_argument("backup", type=Path, help="FILE.tar or folder that `yingzhou backup` made")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--data", type=Path, help="an empty or new folder: the cloud's data from now on")
    where.add_argument("--check", action="store_true", help="only say whether the backup is whole")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """0 when it is whole and, if that was asked, back.

    :raises ConfigError: the data folder is in use.
    :raises BackupError: it is not a whole backup, or the data folder is not empty.
    """
    from cloud.ownership import owned  # noqa: PLC0415 - --help needs none of it

    if not args.backup.exists():
        raise ConfigError(f"{args.backup}: no such file or folder")
    if args.check:
        with tempfile.TemporaryDirectory(prefix="restore-") as folder:
            told = _whole(args.backup, Path(folder))
    else:
        with owned(args.data, "cloud"):
            told = _restored(args.backup, args.data)
    if args.json:
        print(json.dumps(told))
        return 0
    age_s = (SystemClock().now_ms() - told["taken_ms"]) / 1000
    print(f"{args.backup}: whole, {told['readings']:,} readings, taken {age_s:,.0f} s ago")
    if not args.check:
        print(f"{args.data}: restored. What came in these {age_s:,.0f} s is not in it:")
        print("gateways send again what they still have of that; GET /api/v1/holes names what is missing then")
        if told["registry"] != "sqlite":
            print("the registry is not in it: restore that database as of the same time or later")
    return 0


def _whole(source: Path, folder: Path) -> dict[str, Any]:
    from cloud import backup  # noqa: PLC0415

    if source.is_dir():
        return backup.check(source)
    with opened(source) as file:
        backup.unpack(file, folder / "whole")
    return backup.check(folder / "whole")


def _restored(source: Path, data: Path) -> dict[str, Any]:
    from cloud import backup  # noqa: PLC0415
    from cloud.store.duckdb_store import DuckDBStore  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="restore-", suffix=".tmp", dir=data) as text:
        folder = Path(text) / "whole"
        if source.is_dir():
            shutil.copytree(source, folder)
        else:
            with opened(source) as file:
                backup.unpack(file, folder)
        told = backup.bring_back(folder, data, SystemClock().now_ms())
    store = DuckDBStore(data / backup.STORE)
    store.open()
    try:
        found = store.count()
    finally:
        store.close()
    if found != told["readings"]:
        raise backup.BackupError(f"{data}: {found:,} readings: expected {told['readings']:,}")
    return told
