"""Names, units and number formats of the factor codes: HJ 212-2017 Appendix B, Tables B.1-B.3 (factors.tsv).

The unit is the table's default. Devices are known to send others for the same code (PM as ng/m3 and as ug/m3), so what
a value means is a matter of the device's configuration.
"""

import re
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

SYMBOLS: Final = {
    "升/秒": "L/s",
    "立方米/秒": "m3/s",
    "米/秒": "m/s",
    "毫克/升": "mg/L",
    "微克/升": "ug/L",
    "纳克/升": "ng/L",
    "毫克/立方米": "mg/m3",
    "纳克/立方米": "ng/m3",
    "吨/平方千米•月": "t/(km2.month)",
    "摄氏度": "Cel",
    "千帕": "kPa",
    "分贝": "dB",
    "%": "%",
    "[角]度": "deg",
    "[色]度": "colour degrees",
    "微西[门子]/厘米": "uS/cm",
    "贝可[勒尔]/升": "Bq/L",
    "个/升": "1/L",
    "平方米": "m2",
    "立方米": "m3",
    "千克": "kg",
    "克": "g",
    "毫克": "mg",
    "无量纲": "1",
    "": "",
}
"""The units of the tables as they are written elsewhere."""

_FORM = re.compile(r"N([0-9]+)(?:\.([0-9]+))?")


class Factor(NamedTuple):
    """One row of the tables."""

    code: str
    old_code: str
    """The code of HJ/T 212-2005; empty when there was none."""
    name_zh: str
    unit_zh: str
    form: str
    """``N5.2``: up to 5 digits and 2 decimals; empty where the table has none."""
    emission_zh: str
    """The unit of ``-Cou``, the amount discharged in a period; empty where there is none."""

    @property
    def unit(self) -> str:
        """The symbol of the unit."""
        return SYMBOLS[self.unit_zh]

    @property
    def emission_unit(self) -> str:
        """The symbol of the unit of ``-Cou``."""
        return SYMBOLS[self.emission_zh]

    def write(self, value: Decimal) -> str:
        """The digits of a value in the table's format, rounded half to even as the edition of 2025 wants it.

        :raises ValueError: no finite number, or more digits in front of the point than the format has.
        """
        match = _FORM.fullmatch(self.form)
        if match is None:
            return format(value, "f")
        whole, decimals = int(match[1]), int(match[2] or 0)
        if not value.is_finite() or abs(value) >= 10**whole:
            raise ValueError(f"{self.code}: {value} does not fit into {self.form}")
        text = format(value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN), "f")
        if len(text.lstrip("-").partition(".")[0]) > whole:
            raise ValueError(f"{self.code}: {value} rounded does not fit into {self.form}")
        return text


@cache
def factors() -> dict[str, Factor]:
    """All of them by code, and by old code where that is no code of today."""
    lines = (files(__package__) / "factors.tsv").read_text("utf-8").splitlines()
    rows = [Factor(*line.split("\t")) for line in lines]
    return {row.old_code: row for row in rows if row.old_code} | {row.code: row for row in rows}
