"""``yingzhou backup -o FILE|DIR``: a cloud's data as of now, with sums by which it can be checked."""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

from protocols.vocabulary import ConfigError

_TAR: Final = ".tar"
_CHUNK: Final = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``yingzhou backup -o FILE.tar|DIR [--data DIR]``."""
    parser.add_argument("-o", "--output", type=Path, required=True, help="FILE.tar, or a folder that is not there yet")
    parser.add_argument("--data", type=Path, default=Path("data"), help="the cloud's data folder (default: data)")
    parser.add_argument("--url", help="of a running cloud's API; default: as it wrote into its data folder")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """0 when the backup is there, checked.

    :raises ConfigError: there is no such data folder, or the output is there already.
    :raises BackupError: it could not be made.
    """
    from cloud.ownership import owned  # noqa: PLC0415 - --help needs none of it

    if not (args.data / "secrets").is_dir():
        raise ConfigError(f"{args.data}: no data folder of a cloud")
    if args.output.exists():
        raise ConfigError(f"{args.output}: is there already")
    try:
        with owned(args.data, "cloud"):
            told = _standing(args)
    except ConfigError as error:
        if "another cloud" not in str(error):
            raise
        told = _running(args)
    size = sum(size for _, size, _ in told["files"])
    told = {name: told[name] for name in ("taken_ms", "readings", "registry")} | {"bytes": size}
    if args.json:
        print(json.dumps(told))
        return 0
    print(f"{args.output}: {told['readings']:,} readings, {size:,} bytes; it holds secrets: keep it as you keep those")
    if told["registry"] != "sqlite":
        print("the registry is not in it: back that database up by its own means, right after this", file=sys.stderr)
    return 0


def _standing(args: argparse.Namespace) -> dict[str, Any]:
    """Of a cloud that does not run."""
    from cloud import backup  # noqa: PLC0415
    from cloud.store.duckdb_store import DuckDBStore  # noqa: PLC0415
    from protocols.vocabulary import SystemClock  # noqa: PLC0415

    if not (args.data / backup.STORE).exists():
        raise ConfigError(f"{args.data}: its readings are not kept here: back up the engine that has them")
    registry = f"sqlite:///{args.data.absolute() / 'registry.sqlite'}"
    store = DuckDBStore(args.data / backup.STORE)
    store.open()
    try:
        with _staged(args.data) as folder:
            told = backup.make(args.data, store, registry, SystemClock().now_ms(), folder)
            _put(args.output, folder, backup.packed(folder))
    finally:
        store.close()
    return told


def _running(args: argparse.Namespace) -> dict[str, Any]:
    """Of one that runs: it sends a tar file."""
    import httpx  # noqa: PLC0415

    from cloud import backup  # noqa: PLC0415
    from cloud.process import ADDRESS_FILE  # noqa: PLC0415

    url = args.url or (args.data / ADDRESS_FILE).read_text().strip()
    key = (args.data / "secrets" / "admin-api-key").read_text().strip()
    with _staged(args.output.absolute().parent) as folder:
        packed = folder / "packed.tar"
        try:
            with httpx.stream("GET", f"{url}/api/v1/backup", headers={"X-API-Key": key}, timeout=600) as answer:
                if answer.status_code != 200:
                    raise backup.BackupError(f"{url}: {answer.status_code} {answer.read().decode()[:200]}")
                packed.touch(mode=0o600)
                with packed.open("wb") as file:
                    file.writelines(answer.iter_bytes(_CHUNK))
        except httpx.HTTPError as error:
            raise backup.BackupError(f"{url}: {error}") from error
        whole = folder / "whole"
        whole.mkdir(mode=0o700)
        with packed.open("rb") as file:
            backup.unpack(file, whole)
        told = backup.check(whole)
        if args.output.suffix == _TAR:
            packed.rename(args.output)
        else:
            whole.rename(args.output)
    return told


def _put(output: Path, folder: Path, packed: Iterable[bytes]) -> None:
    """Beside its place first, so that what has its name is whole."""
    with _staged(output.absolute().parent) as beside:
        if output.suffix == _TAR:
            (beside / "packed.tar").touch(mode=0o600)
            with (beside / "packed.tar").open("wb") as file:
                file.writelines(packed)
            (beside / "packed.tar").rename(output)
        else:
            shutil.copytree(folder, beside / "whole")
            (beside / "whole").rename(output)


@contextmanager
def _staged(beside: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="backup-", suffix=".tmp", dir=beside) as folder:
        yield Path(folder)


def opened(path: Path) -> IO[bytes]:
    """A packed backup.

    :raises ConfigError: it cannot be read.
    """
    try:
        return cast("IO[bytes]", path.open("rb"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
