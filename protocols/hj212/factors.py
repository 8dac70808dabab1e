"""Names, units and number formats of the factor codes: HJ 212-2017 Appendix B, Tables B.1-B.3 (factors.tsv).

The unit is the table's default. Devices are known to send others for the same code (PM as ng/m3 and as ug/m3), so what
a value means is a matter of the device's configuration.
"""

from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Factor(NamedTuple):
    """One row of the tables."""

    code: str
    old_code: str
    """The code of HJ/T 212-2005; empty when there was none."""
    name_zh: str
    unit_zh: str
    form: str
    """``N5.2``: up to 5 digits and 2 decimals."""


@cache
def factors() -> dict[str, Factor]:
    """All of them by code, and by old code where that is no code of today."""
    lines = (files(__package__) / "factors.tsv").read_text("utf-8").splitlines()
    rows = [Factor(*line.split("\t")) for line in lines]
    return {row.old_code: row for row in rows if row.old_code} | {row.code: row for row in rows}
