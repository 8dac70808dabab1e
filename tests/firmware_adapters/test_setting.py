"""Values to registers and back: exact, or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_adapters.interpretation import interpreter
from firmware_adapters.registry import MODELS
from firmware_adapters.rows import RegisterRow
from firmware_adapters.setting import setting_of
from protocols.modbus.packing import pack_words


def row(observed: str = "x", kind: str = "u16", **more) -> RegisterRow:
    return RegisterRow(observed, 0, kind, **{"writable": True, **more})


@pytest.mark.parametrize(
    ("one", "value", "registers", "said"),
    [
        (row(divisor=10), 21.4, (214,), 21.4),
        (row(divisor=10), 0.1 * 3, None, None),  # 0.30000000000000004 is no tenth
        (row("air_pressure", divisor=10, unit="kPa"), 1013.0, (1013,), 1013.0),
        (row("voltage", "s32", order="CDAB", unit="mV"), 1.5, (1500, 0), 1.5),
        (row("air_temperature", "s16", divisor=10), -10.1, (0xFF9B,), -10.1),
        (row(kind="f32"), 21.4, (0x41AB, 0x3333), 21.4),
        (row(kind="f32"), 1 / 3, (0x3EAA, 0xAAAB), 0.33333334),
        (row(kind="f64"), 1 / 3, (0x3FD5, 0x5555, 0x5555, 0x5555), 1 / 3),
        (row(kind="bcd16"), 1234, (0x1234,), 1234.0),
        (row(kind="sm16"), -2, (0x8002,), -2.0),
        (row(kind="bit", table="coil"), 1, (1,), 1.0),
        (row(kind="bit", table="coil"), 0, (0,), 0.0),
        (row("air_temperature", divisor=10, offset=-400), -40.0, (0,), -40.0),
        (row("air_temperature", divisor=10, offset=-400), 25.5, (655,), 25.5),
        (row(codes=((1, 0.0), (2, 1.0), (4, 0.5))), 1, (2,), 1.0),
        (row(kind="bit", table="coil", codes=((0, 1.0), (1, 0.0))), 1, (0,), 1.0),
    ],
)
def test_what_is_written_reads_as_the_value(one, value, registers, said):
    if registers is None:
        with pytest.raises(ValueError, match=r"expected a multiple of 0\.1"):
            setting_of(one, value)
    else:
        assert setting_of(one, value) == (registers, said)


@pytest.mark.parametrize(
    ("one", "value", "says"),
    [
        (RegisterRow("x", 0), 1, "may not be written"),
        (row("lamp_level"), 101, "expected 0 to 100"),
        (row("lamp_level"), -1, "expected 0 to 100"),
        (row("lamp_level"), 40.5, "expected a multiple of 1"),
        (row(), 70_000, "does not fit"),
        (row(), -1, "does not fit"),
        (row(), 1e300, "does not fit"),
        (row(kind="f32"), 1e300, "does not fit"),
        (row(invalid=frozenset({65535})), 65535, "no value"),
        (row(kind="bit", table="coil"), 2, "expected 0 or 1"),
        (row("air_temperature", divisor=10, offset=-400), -40.1, "does not fit"),
        (row(codes=((1, 0.0), (2, 1.0))), 3, "expected one of 0, 1"),
        (row(low=10.0, high=90.0), 9, "the device takes 10 to 90"),
        (row(low=10.0), 9, "the device takes 10 to inf"),
        (row(kind="bit", table="coil"), 0.5, "expected 0 or 1"),
    ],
)
def test_what_cannot_be_is_refused(one, value, says):
    with pytest.raises(ValueError, match=says):
        setting_of(one, value)


@pytest.mark.parametrize(
    "more", [{"table": "input"}, {"kind": "bit", "table": "discrete"}, {"kind": "bits", "low_bit": 0, "width": 3}]
)
def test_only_what_can_be_written_is_writable(more):
    with pytest.raises(ValueError, match="writable goes with"):
        RegisterRow("x", 0, **{"writable": True, **more})


@given(st.integers(0, 0xFFFF), st.sampled_from([1, 10, 100, 1000]), st.sampled_from(["u16", "s16"]))
def test_every_number_of_the_device_can_be_set_as_it_is_read(raw, divisor, kind):
    one = row(kind=kind, divisor=divisor)
    data = pack_words([raw])
    value = interpreter((one,))(data).value[0]
    assert setting_of(one, value) == ((raw,), value)


def test_the_rows_that_ship_and_may_be_written():
    models = [model for versions in MODELS.values() for model in versions]
    writable = {(model.name, one.series) for model in models for one in model.registers if one.writable}
    assert writable == {
        ("generic/streetlight", "lamp_level"),
        ("generic/sluice-gate", "gate_opening"),
        *(("generic/lighting-cabinet", f"switched_on/circuit{number}") for number in range(1, 5)),
        *(("Waveshare/Modbus RTU Relay", f"relay_closed/{number}") for number in range(1, 9)),
    }
