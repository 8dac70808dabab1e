import re
from collections import Counter
from decimal import Decimal

import pytest

from protocols.hj212.factors import SYMBOLS, factors

ROWS = {row.code: row for row in factors().values()}


def test_the_tables_are_whole():
    tables = Counter(code[0] for code in ROWS)
    assert tables == {"w": 63, "a": 121, "L": 12}
    assert sum(1 for row in ROWS.values() if row.old_code) == 93


def test_old_codes_lead_to_the_rows_of_today():
    assert {old: factors()[old].code for old in ("001", "011", "060", "101", "B01", "02", "S01")} == {
        "001": "w01001", "011": "w01018", "060": "w21003", "101": "w21011", "B01": "w00000", "02": "a21026",
        "S01": "a19001",
    }  # fmt: skip
    assert len({row.old_code for row in ROWS.values() if row.old_code}) == 93


def test_names_units_and_formats():
    cod, pm, noise = factors()["w01018"], factors()["a34004"], factors()["LMx"]
    assert (cod.name_zh, cod.unit, cod.form, cod.emission_unit) == ("化学需氧量", "mg/L", "N5.1", "kg")
    assert (pm.unit, noise.unit, noise.unit_zh) == ("ng/m3", "dB", "分贝")


@pytest.mark.parametrize("code", ROWS)
def test_every_row_can_be_read(code):
    row = ROWS[code]
    assert row.name_zh
    assert row.unit_zh in SYMBOLS
    assert row.emission_zh in SYMBOLS
    assert re.fullmatch(r"N[1-9](\.[1-6])?|", row.form)


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        ("w01018", "2.25", "2.2"),  # half to even, as the edition of 2025 has it
        ("w01018", "2.35", "2.4"),
        ("w01018", "-2.25", "-2.2"),
        ("w01018", "99999.94", "99999.9"),
        ("a34013", "23", "23"),
        ("a34011", "1.50", "1.50"),  # the table has no format
    ],
)
def test_digits_as_the_table_wants_them(code, value, text):
    assert factors()[code].write(Decimal(value)) == text


@pytest.mark.parametrize("value", ["100000", "99999.96", "NaN", "Infinity", "1E+30"])
def test_what_does_not_fit_is_not_written(value):
    with pytest.raises(ValueError, match="w01018"):
        factors()["w01018"].write(Decimal(value))
