"""DFRobot SEN0575: tipping-bucket rain gauge, Modbus RTU on its UART, address C0; a total since it was switched on."""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="DFRobot",
    model="SEN0575",
    what="tipping-bucket rain gauge: total rain; Modbus RTU",
    use="level, flow and rain",
    manual="DFRobot wiki, SEN0575, input registers 0008 and 0009",
    sources=("DFRobot/DFRobot_RainfallSensor, getRainfall (high word behind, ten-thousandths of a millimetre)",),
    registers=(RegisterRow("rainfall", 8, "u32", "CDAB", divisor=10_000, table="input", channel="total"),),
    golden=(
        Golden(
            {"rainfall/total": 12.2936},
            source="made by hand from the manual's table; no capture is known",
            registers=("E0380001",),
        ),
    ),
)
