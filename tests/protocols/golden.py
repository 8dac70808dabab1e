"""The frames under tests/golden: real ones with where they were published, and a few made from the standards' text."""

import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[1] / "golden"


def frames(folder: str, *protocols: str, file: str = "frames.json") -> list[Any]:
    rows = json.loads((GOLDEN / folder / file).read_text("utf-8"))
    return [row for row in rows if row["protocol"] in protocols]


def frame_id(row: Any) -> str:
    return str(row["id"])
