"""The laws that every register model obeys: a new model is tested without a new test."""

import struct
from math import isclose

import pytest

from firmware_adapters.interpretation import interpreter
from firmware_adapters.register_model import RegisterModel
from firmware_adapters.registry import MODELS, model_named
from firmware_adapters.rows import ratio_between
from protocols.modbus import registers_of
from protocols.modbus.pdu import MAX_BITS, MAX_REGISTERS
from protocols.vocabulary import OBSERVED_PROPERTIES, Point

MODEL_LIST = pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)

# What a device sent (data bytes of the answers to the model's plan) and what it measured, from facts and captures.
GOLDEN = {
    "DFRobot/SEN0604": (
        ["0292FF9B03E80038"],  # captured: 0103080292FF9B03E8003857B6
        {"soil_moisture": 65.8, "soil_temperature": -10.1, "soil_conductivity": 1000.0, "soil_ph": 5.6},
    ),
    "DFRobot/SEN0658": (
        # captured in parts: wind 000E 0001 0002 006E, PM and pressure 0005 000F 03FB, light 0000 0032
        ["000E00010002006E" + "0200" + "FF9B" + "0229" + "0005000F03FB" + "00000032"],
        {
            "wind_speed": 0.14,
            "wind_direction": 110.0,
            "relative_humidity": 51.2,
            "air_temperature": -10.1,
            "noise": 55.3,
            "pm2_5": 5.0,
            "pm10": 15.0,
            "air_pressure": 1019.0,
            "illuminance": 50.0,
        },
    ),
    "generic/weather-station": (
        ["000E00010002006E" + "0200" + "FF9B" + "0229" + "0005000F03FB" + "00000032" + "0000" + "0011"],
        {"wind_speed": 0.14, "air_temperature": -10.1, "air_pressure": 1019.0, "illuminance": 50.0, "rainfall": 1.7},
    ),
    "generic/water-sonde": (
        # 7.0 and 25.0 as CDAB are the captured pair 0000 40E0, 0000 41C8; the others made with struct
        [
            "000041C8"
            "000040E0"
            + "".join(
                (image[2:] + image[:2]).hex() for image in (struct.pack(">f", value) for value in (8.31, 1342.5, 21.4))
            )
        ],
        {
            "water_temperature": 25.0,
            "ph": 7.0,
            "dissolved_oxygen": 8.31,
            "conductivity": 1342.5,
            "turbidity": 21.4,
        },
    ),
    "generic/streetlight": (
        ["08FC" + "0029" + "0384" + "0064"],
        {"voltage": 230.0, "current": 0.41, "active_power": 90.0, "lamp_level": 100.0},
    ),
    "generic/cabinet-meter": (
        ["08FC08FD08FE" + "006400650066" + "FFFFFC18" + "03B6" + "1389" + "0001E240"],
        {
            "voltage/a": 230.0,
            "voltage/b": 230.1,
            "voltage/c": 230.2,
            "current/a": 1.0,
            "current/b": 1.01,
            "current/c": 1.02,
            "active_power": -1000.0,
            "power_factor": 0.95,
            "frequency": 50.01,
            "active_energy": 1234.56,
        },
    ),
}


def read(model: RegisterModel, answers: list[str]) -> dict[str, float]:
    values = {}
    for block, answer in zip(model.plan().blocks, answers, strict=True):
        data = bytes.fromhex(answer)
        assert len(data) == 2 * block.count
        value, faults = interpreter(block.rows)(data)
        assert faults == {}
        values |= {row.series: one for row, one in zip(block.rows, value, strict=True)}
    return values


@MODEL_LIST
def test_observed_properties_are_ours(model):
    for row in model.rows:
        assert row.observed in OBSERVED_PROPERTIES
        assert ratio_between(row.unit, row.observed) is not None
        Point("serial:1", row.observed, row.channel).checked()
    assert model.source


@MODEL_LIST
@pytest.mark.parametrize("limit", [4, 16, MAX_REGISTERS])
@pytest.mark.parametrize("gap", [0, 2, None])
def test_every_row_is_asked_for_once_within_the_limits(model, limit, gap):
    asked = []
    for block in model.plan(limit=limit, gap=gap).blocks:
        assert block.count <= (MAX_BITS if block.rows[0].kind == "bit" else limit)
        assert all(row.table == block.table for row in block.rows)
        assert all(block.address <= row.address and row.end <= block.address + block.count for row in block.rows)
        asked += block.rows
    assert sorted(asked, key=str) == sorted(model.rows, key=str)


@MODEL_LIST
def test_golden_reply(model):
    answers, expected = GOLDEN[model.name]
    values = read(model, answers)
    assert {series: values[series] for series in expected} == expected


@MODEL_LIST
def test_what_protocols_modbus_writes_is_read_back(model):
    """The rows agree with the wire format's own idea of kinds and orders."""
    for block in model.plan().blocks:
        registers = [0] * block.count
        for index, row in enumerate(block.rows):
            at = row.address - block.address
            registers[at : at + row.registers] = registers_of(index + 1, row.kind, row.order)
        value, _ = interpreter(block.rows)(struct.pack(f">{block.count}H", *registers))
        for index, row in enumerate(block.rows):
            numerator, divisor = row.scale
            assert isclose(value[index], (index + 1) * numerator / divisor, rel_tol=1e-7)


def test_every_model_has_a_golden_reply_and_stands_under_its_own_name():
    assert set(GOLDEN) == {model.name for model in MODELS.values()}
    for key, model in MODELS.items():
        assert "/".join(key) == model.name
        assert model_named(model.name) is model


def test_an_unknown_model_is_told_which_there_are():
    with pytest.raises(ValueError, match="expected one of DFRobot/SEN0604, DFRobot/SEN0658, generic/cabinet-meter"):
        model_named("DFRobot/SEN9999")
