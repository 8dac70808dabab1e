"""AUMA MATIC AM 01.1 and AM 02.1 with Modbus, on sluice gates and valves: what its status functions say.

The position in the registers from 3000 on depends on the actuator's position transmitter and is left out.
"""

from typing import Final

from firmware_adapters.device_model import DeviceModel, Golden
from firmware_adapters.rows import RegisterRow

MODEL: Final = DeviceModel(
    vendor="AUMA",
    model="AM 01.1",
    what="electric actuator of a gate or valve: end positions, running, faults; Modbus RTU",
    use="sluices, pumps and sewage",
    manual="AUMA MATIC AM/AMExB/AMExC Modbus operation instructions, 9.3, p. 30",
    sources=("easymanua.ls, AUMA AMExC 01.1, p. 25 to 30",),
    registers=(
        RegisterRow("end_position", 0x2000, "bit", table="discrete", channel="open"),
        RegisterRow("end_position", 0x2001, "bit", table="discrete", channel="closed"),
        RegisterRow("drive_running", 0x2004, "bit", table="discrete", channel="opening"),
        RegisterRow("drive_running", 0x2005, "bit", table="discrete", channel="closing"),
        RegisterRow("fault_signal", 0x2007, "bit", table="discrete"),
        RegisterRow("fault_signal", 0x2008, "bit", table="discrete", channel="thermal"),
        RegisterRow("fault_signal", 0x2009, "bit", table="discrete", channel="mains"),
    ),
    golden=(
        Golden(
            {
                "end_position/open": 1.0,
                "end_position/closed": 0.0,
                "drive_running/opening": 0.0,
                "drive_running/closing": 0.0,
                "fault_signal": 0.0,
                "fault_signal/thermal": 0.0,
                "fault_signal/mains": 1.0,
            },
            source="made by hand from the manual's table; no capture is known",
            registers=("0102",),
        ),
    ),
)
