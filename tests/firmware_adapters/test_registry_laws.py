"""The laws that every register model obeys: a new model is tested without a new test."""

import struct
from importlib import import_module
from math import isclose
from pathlib import Path

import pytest

import firmware_adapters.models
from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.hj212_factors import FactorRow, FactorTable
from firmware_adapters.interpretation import interpreter
from firmware_adapters.registry import MODELS, model_named
from firmware_adapters.rows import ratio_between
from protocols.modbus import registers_of
from protocols.modbus.pdu import MAX_BITS, MAX_REGISTERS
from protocols.vocabulary import OBSERVED_PROPERTIES, Point

EVERY = [model for versions in MODELS.values() for model in versions]
MODEL_LIST = pytest.mark.parametrize("model", EVERY, ids=lambda model: f"{model.name} {model.firmware}")
REGISTER_LIST = pytest.mark.parametrize(
    "model", [model for model in EVERY if model.registers], ids=lambda model: f"{model.name} {model.firmware}"
)


def read(model: DeviceModel, golden: Golden) -> dict[str, float]:
    """Everything that a golden reply says."""
    return {**registers(model, golden), **factors(model, golden), **resources(model, golden)}


def registers(model: DeviceModel, golden: Golden) -> dict[str, float]:
    values = {}
    blocks = model.register_model().plan().blocks if model.registers else ()
    for block, answer in zip(blocks, golden.registers, strict=True):
        data = bytes.fromhex(answer)
        assert len(data) == (2 * block.count if block.rows[0].kind != "bit" else (block.count + 7) // 8)
        value, faults = interpreter(block.rows)(data)
        assert faults == {}
        values |= {row.series: one for row, one in zip(block.rows, value, strict=True)}
    return values


def factors(model: DeviceModel, golden: Golden) -> dict[str, float]:
    table, values = FactorTable(rows=model.factors), {}
    for code, number in golden.factors.items():
        meant = table[code]
        series = f"{meant.observed}/{meant.channel}" if meant.channel else meant.observed
        values[series] = float(number) * meant.numerator / meant.denominator
    return values


def resources(model: DeviceModel, golden: Golden) -> dict[str, float]:
    rows = {row.path: row for row in model.resources}
    return {
        f"{rows[path].observed}/{rows[path].channel}" if rows[path].channel else rows[path].observed: rows[path].value(
            number
        )
        for path, number in golden.resources.items()
    }


@MODEL_LIST
def test_it_says_what_it_is_and_where_the_facts_are_from(model):
    assert model.what
    assert model.manual
    assert model.golden, "one real answer of the device, and what it means"
    assert all(golden.source and golden.values for golden in model.golden)


@MODEL_LIST
def test_observed_properties_are_ours(model):
    for row in (*model.registers, *model.factors, *model.resources):
        assert row.observed in OBSERVED_PROPERTIES
        Point("serial:1", row.observed, row.channel).checked()
    for row in model.registers:
        assert ratio_between(row.unit, row.observed) is not None
        known = OBSERVED_PROPERTIES[row.observed]
        for end in (row.low, row.high, *(value for _, value in row.codes)):
            assert end is None or known.low <= end <= known.high


@REGISTER_LIST
@pytest.mark.parametrize("limit", [4, 16, MAX_REGISTERS])
@pytest.mark.parametrize("gap", [0, 2, None])
def test_every_row_is_asked_for_once_within_the_limits(model, limit, gap):
    asked = []
    for block in model.register_model().plan(limit=limit, gap=gap).blocks:
        assert block.count <= (MAX_BITS if block.rows[0].kind == "bit" else limit)
        assert all(row.table == block.table for row in block.rows)
        assert all(block.address <= row.address and row.end <= block.address + block.count for row in block.rows)
        asked += block.rows
    assert sorted(asked, key=str) == sorted(model.registers, key=str)


@MODEL_LIST
def test_golden_replies(model):
    for golden in model.golden:
        values = read(model, golden)
        assert {series: values[series] for series in golden.values} == golden.values


@MODEL_LIST
def test_every_row_is_in_a_golden_reply(model):
    rows = (*model.registers, *model.factors, *model.resources)
    said = {series for golden in model.golden for series in read(model, golden)}
    assert said >= {f"{row.observed}/{row.channel}" if row.channel else row.observed for row in rows}


@REGISTER_LIST
def test_what_protocols_modbus_writes_is_read_back(model):
    """The rows agree with the wire format's own idea of kinds and orders."""
    for block in model.register_model().plan().blocks:
        words = [0] * block.count
        plain = [row for row in block.rows if row.kind not in ("bit", "bits") and not row.codes]
        for index, row in enumerate(plain):
            at = row.address - block.address
            words[at : at + row.registers] = registers_of(index + 1, row.kind, row.order)
        value, _ = interpreter(block.rows)(struct.pack(f">{block.count}H", *words))
        for index, row in enumerate(plain):
            numerator, divisor = row.scale
            expected = (index + 1 + row.offset) * numerator / divisor
            assert isclose(value[block.rows.index(row)], expected, rel_tol=1e-7)


def test_every_file_is_in_the_registry_and_stands_under_its_own_name():
    folder = Path(firmware_adapters.models.__file__).parent
    files = [path.relative_to(folder).with_suffix("") for path in folder.glob("*/*.py") if path.stem != "__init__"]
    found = [import_module(f"firmware_adapters.models.{'.'.join(path.parts)}").MODEL for path in files]
    assert sorted(map(id, found)) == sorted(map(id, EVERY))
    for path, model in zip(files, found, strict=True):
        assert path.parts[0] == _file_name(model.vendor)
        assert path.parts[1].startswith(_file_name(model.model)), "a further firmware: model_2.py"


def _file_name(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name.lower())


def test_a_model_is_found_by_its_name():
    for name, versions in MODELS.items():
        assert all(model.name == name for model in versions)
        if versions[0].registers and versions[0].firmware.is_any:
            assert model_named(name).rows == versions[0].registers


def test_an_unknown_model_is_told_which_there_are():
    with pytest.raises(ValueError, match=f"^expected one of {', '.join(sorted(MODELS))}$"):
        model_named("DFRobot/SEN9999")


def test_the_laws_hold_for_factors_and_resources_too():
    model = DeviceModel(
        "v", "m", "w", "man", factors=(FactorRow("w99001", "ph"),),
    )  # fmt: skip
    golden = Golden({"ph": 7.2}, "made up", factors={"w99001": "7.2", "w01014": "5"})
    assert read(model, golden) == {"ph": 7.2, "conductivity": 5.0}
