"""What the cloud holds already, kept over restarts in one small file; when it is lost, records are only sent again."""

import json
from collections.abc import Collection
from pathlib import Path

from edge.spool.files import FileOps, summed, unsummed
from protocols.vocabulary.ranges import RangeSet

Retired = dict[tuple[int, int], RangeSet]
"""(stream, epoch) -> sequence numbers that the store has committed."""


def load(files: FileOps, path: Path) -> tuple[Retired, bool]:
    """The retired numbers, and whether the file was sound.

    A missing, torn, altered or unreadable file counts as empty.
    """
    try:
        body = unsummed(files.read(path))
    except FileNotFoundError:
        return {}, True
    except OSError:
        return {}, False
    if body is None:
        return {}, False
    return {(stream, epoch): RangeSet(map(tuple, ranges)) for stream, epoch, ranges in json.loads(body)}, True


def save(files: FileOps, path: Path, retired: Retired, wanted: Collection[tuple[int, int]] | None) -> None:
    """Write the file anew; epochs that no segment holds any more are left out when ``wanted`` lists those that do."""
    rows = [[*of, list(ranges)] for of, ranges in retired.items() if wanted is None or of in wanted]
    files.replace(path, summed(json.dumps(rows, separators=(",", ":")).encode()))
