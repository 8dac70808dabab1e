"""The envelopes under tests/golden/uplink: written once and never again, whatever the encoder does later."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from protocols.vocabulary import Batch, Point, Quality, Reading, Reason

GOLDEN = Path(__file__).parents[2] / "golden" / "uplink"
SMALLEST = "one_reading"


class Golden(NamedTuple):
    name: str
    envelope: bytes
    key: bytes
    expected: dict[str, Any]

    @property
    def batch(self) -> Batch:
        """The expected readings."""
        return Batch.of(
            Reading(Point.parse(r["key"]), r["time"], r["value"], Quality(r["quality"]), sum(map(_bit, r["reasons"])))
            for r in self.expected["readings"]
        )


def _bit(name: str) -> int:
    return 1 << int(name[3:]) if name.startswith("bit") else int(Reason[name.upper()])


def load(name: str) -> Golden:
    folder = GOLDEN / name
    envelope, key = (bytes.fromhex((folder / file).read_text()) for file in ("envelope.hex", "key.hex"))
    return Golden(name, envelope, key, json.loads((folder / "expected.json").read_text("utf-8")))


def everything() -> list[Golden]:
    return [load(folder.name) for folder in sorted(GOLDEN.iterdir())]
