"""The laws that every register model obeys: a new model is tested without a new test."""

import struct
from importlib import import_module
from itertools import product
from math import isclose
from pathlib import Path

import pytest

import firmware_adapters.models
from firmware_adapters.device_model import USES, DeviceModel, Golden
from firmware_adapters.hj212_factors import FactorRow, FactorTable
from firmware_adapters.interpretation import interpreter
from firmware_adapters.meter_rows import cjt188_told, dlt645_told
from firmware_adapters.registry import MODELS, dlt645_model, model_named
from firmware_adapters.rows import RegisterRow, ratio_between
from firmware_adapters.sl651_elements import meaning_of
from protocols import cjt188, dlt645, sl651
from protocols.cjt188.payload import divide as divide_cjt188
from protocols.dlt645.items import item_of
from protocols.dlt645.payload import divide as divide_dlt645
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
    return {**registers(model, golden), **factors(model, golden), **resources(model, golden), **frame(model, golden)}


def frame(model: DeviceModel, golden: Golden) -> dict[str, float]:
    """What the frame of a meter or of an SL 651 station says; strays and FE in front are the line's business."""
    data = bytes.fromhex(golden.frame)
    if not data:
        return {}
    if model.elements:
        found = [
            (meaning_of(m.element), m.value) for m in sl651.measurements(sl651.decode(data)) if m.value is not None
        ]
        return {_series(*meaning): value for meaning, value in found}
    if model.dlt645:
        meter = dlt645.decode(data.lstrip(b"\xfe"))
        parts = divide_dlt645(meter)
        told = dlt645_told(parts.di, parts.data, model.dlt645.edition)
    else:
        meter = cjt188.decode(data.lstrip(b"\xfe"))
        assert meter.meter_type == model.cjt188.meter_type
        parts = divide_cjt188(meter)
        told = cjt188_told(meter.meter_type, parts.di, parts.data)
    return {_series(one.observed, one.channel): one.value for one in told if one.value is not None}


def _series(observed: str, channel: str) -> str:
    return f"{observed}/{channel}" if channel else observed


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
        values[_series(meant.observed, meant.channel)] = float(number) * meant.numerator / meant.denominator
    return values


def resources(model: DeviceModel, golden: Golden) -> dict[str, float]:
    rows = {row.path: row for row in model.resources}
    return {
        _series(rows[path].observed, rows[path].channel): rows[path].value(number)
        for path, number in golden.resources.items()
    }


@MODEL_LIST
def test_it_says_what_it_is_and_where_the_facts_are_from(model):
    assert model.what
    assert model.manual
    assert model.use in USES
    assert model.sources or model.is_generic, "where anybody can read the facts"
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
            assert end is None or _least(row) <= end <= _most(row), "the wire cannot say it"


_WIRE = {
    "bit": (0, 1),
    "u16": (0, 2**16 - 1),
    "s16": (-(2**15), 2**15 - 1),
    "u32": (0, 2**32 - 1),
    "s32": (-(2**31), 2**31 - 1),
    "u64": (0, 2**64 - 1),
    "s64": (-(2**63), 2**63 - 1),
    "bcd16": (0, 9999),
    "bcd32": (0, 99_999_999),
    "sm16": (1 - 2**15, 2**15 - 1),
    "sm32": (1 - 2**31, 2**31 - 1),
    "f32": (-3.4e38, 3.4e38),
    "f64": (-1.7e308, 1.7e308),
}


def _least(row: RegisterRow) -> float:
    return _said(row, 0 if row.kind == "bits" else _WIRE[row.kind][0])


def _most(row: RegisterRow) -> float:
    return _said(row, 2**row.width - 1 if row.kind == "bits" else _WIRE[row.kind][1])


def _said(row: RegisterRow, number: float) -> float:
    """What a number of the wire means; codes are listed one by one."""
    numerator, divisor = row.scale
    ends = [value for _, value in row.codes]
    return (min if number <= 0 else max)(ends) if ends else (number + row.offset) * numerator / divisor


@REGISTER_LIST
def test_marks_are_numbers_of_their_kind(model):
    for row in model.registers:
        assert all(_WIRE[row.kind][0] <= mark <= _WIRE[row.kind][1] for mark in row.invalid), row.series


@MODEL_LIST
def test_what_meters_and_stations_are_asked_for_is_in_the_standard(model):
    for name in model.elements:
        Point("serial:1", *meaning_of(name)).checked()
    if model.dlt645:
        assert dlt645_model(model.name) is model.dlt645
        blocks = {di for di in model.dlt645.items if 0xFF in di.to_bytes(4, "big") and model.dlt645.edition == "2007"}
        assert all(item_of(di, 0, model.dlt645.edition) for di in set(model.dlt645.items) - blocks)


@REGISTER_LIST
def test_every_row_is_asked_for_once_within_the_limits(model):
    for limit, gap in product((4, 16, MAX_REGISTERS), (0, 2, None)):
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
        assert not model.cjt188 or values == golden.values, "what such a meter tells is listed by its golden reply"


@MODEL_LIST
def test_every_row_is_in_a_golden_reply(model):
    rows = (*model.registers, *model.factors, *model.resources)
    said = {series for golden in model.golden for series in read(model, golden)}
    assert said >= {_series(row.observed, row.channel) for row in rows}


@REGISTER_LIST
def test_what_protocols_modbus_writes_is_read_back(model):
    """The rows agree with the wire format's own idea of kinds and orders."""
    for block in model.register_model().plan().blocks:
        words = [0] * block.count
        plain = [row for row in block.rows if row.kind not in ("bit", "bits") and not row.codes and not row.decimals]
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
    names = ", ".join(sorted(name for name in MODELS if name.startswith("DFRobot/")))
    with pytest.raises(ValueError, match=f"^expected one of {names}$"):
        model_named("DFRobot/SEN9999")
    with pytest.raises(
        ValueError, match=r"^expected one of the models of ABB, AUMA, .* \(yingzhou devices lists them\)$"
    ):
        model_named("acme/x")


def test_the_laws_hold_for_factors_and_resources_too():
    model = DeviceModel(
        "v", "m", "w", "man", factors=(FactorRow("w99001", "ph"),),
    )  # fmt: skip
    golden = Golden({"ph": 7.2}, "made up", factors={"w99001": "7.2", "w01014": "5"})
    assert read(model, golden) == {"ph": 7.2, "conductivity": 5.0}
