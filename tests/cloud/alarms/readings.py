"""Readings and rules as tests write them."""

import numpy as np

from cloud.alarms.threshold import Comparison, Threshold
from cloud.registry.rules import Rule
from cloud.store.port import Columns

Row = tuple[int, int, float] | tuple[int, int, float, int]
"""Datastream, time, value and perhaps quality (default 1, pass)."""


def columns(*rows: Row) -> Columns:
    padded = [(*row, 1)[:4] for row in rows]
    return Columns(
        np.array([row[0] for row in padded], np.int32),
        np.array([row[1] for row in padded], np.int64),
        np.array([row[2] for row in padded], np.float64),
        np.array([row[3] for row in padded], np.uint8),
        np.zeros(len(padded), np.uint32),
    )


def rule(number: int = 1, comparison: Comparison = "gt", limit: float = 30.0, deadband: float = 2.0) -> Rule:
    return Rule(number, f"rule {number}", "water_temperature", Threshold(comparison, limit, deadband), "high")
