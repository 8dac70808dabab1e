"""What is said of one reading, as the numbers that stand in a batch's columns."""

from typing import Final, NamedTuple

from protocols.vocabulary import Quality, Reason, worst

PASS, NOT_EVALUATED, SUSPECT, FAIL, MISSING = (int(quality) for quality in Quality)
WORST: Final = {int(a): {int(b): int(worst(a, b)) for b in Quality} for a in Quality}
"""worst() of two flags, as numbers."""
HANDLED: Final = int(Reason.MAINTENANCE | Reason.CALIBRATION)
"""Somebody is at the sensor: what it reads is not the process."""
CLOCK, RANGE, SPIKE, RATE, FLAT, GAP, LIMIT, UNIT = (
    int(reason)
    for reason in (
        Reason.CLOCK,
        Reason.GROSS_RANGE,
        Reason.SPIKE,
        Reason.RATE,
        Reason.FLAT_LINE,
        Reason.GAP,
        Reason.INSTRUMENT_RANGE,
        Reason.UNIT,
    )
)
DOUBT: Final = SPIKE | RATE | UNIT


class Stamps(NamedTuple):
    """Which stamps a right clock may give now, ms."""

    earliest: int
    latest: int


class Verdict(NamedTuple):
    """What became of a reading."""

    quality: int
    reasons: int
    bits: int
    """Those of the reasons that our checks gave."""
    late: bool
    """It was not newer than one before it, and was judged by itself alone."""
    clean: bool
    """It is the newest of its series and nothing is to be said of it: the next one may be looked at in passing."""
