"""Generic register maps: nobody's product, documented here, for devices that can be told which registers to use.

========================  ======================  =======  =====  ============================
model                     observed property       address  kind   the number
========================  ======================  =======  =====  ============================
water-sonde (holding)     water_temperature       0        f32    Cel, word order CDAB
                          ph                      2        f32    CDAB
                          dissolved_oxygen        4        f32    mg/L, CDAB
                          conductivity            6        f32    uS/cm, CDAB
                          turbidity               8        f32    NTU, CDAB
streetlight (holding)     voltage                 0        u16    V x 10
                          current                 1        u16    A x 100
                          active_power            2        u16    W x 10
                          lamp_level              3        u16    %, may be written
weather-station           as DFRobot/SEN0658, and
(holding)                 rainfall                0x201    u16    mm x 10
cabinet-meter (input)     voltage/a, /b, /c       0,1,2    u16    V x 10
                          current/a, /b, /c       3,4,5    u16    A x 100
                          active_power            6-7      s32    W, ABCD
                          power_factor            8        s16    x 1000
                          frequency               9        u16    Hz x 100
                          active_energy           10-11    u32    kWh x 100, ABCD
========================  ======================  =======  =====  ============================

A 16-bit register of these maps reads 7FFF (signed) or FFFF (unsigned) when the device has no value, a float NaN.
"""

from typing import Final

from firmware_adapters.dfrobot import SEN0658
from firmware_adapters.register_model import RegisterModel
from firmware_adapters.rows import RegisterRow

_NO_U16: Final = frozenset({0xFFFF})
_NO_S16: Final = frozenset({0x7FFF})
_SOURCE: Final = "firmware_adapters.generic: a map of our own"

WATER_SONDE: Final = RegisterModel(
    vendor="generic",
    model="water-sonde",
    firmware="any",
    source=_SOURCE,
    rows=(
        RegisterRow("water_temperature", 0, "f32", "CDAB"),
        RegisterRow("ph", 2, "f32", "CDAB"),
        RegisterRow("dissolved_oxygen", 4, "f32", "CDAB"),
        RegisterRow("conductivity", 6, "f32", "CDAB"),
        RegisterRow("turbidity", 8, "f32", "CDAB"),
    ),
)

STREETLIGHT: Final = RegisterModel(
    vendor="generic",
    model="streetlight",
    firmware="any",
    source=_SOURCE,
    rows=(
        RegisterRow("voltage", 0, divisor=10, invalid=_NO_U16),
        RegisterRow("current", 1, divisor=100, invalid=_NO_U16),
        RegisterRow("active_power", 2, divisor=10, invalid=_NO_U16),
        RegisterRow("lamp_level", 3, invalid=_NO_U16, writable=True),
    ),
)

WEATHER_STATION: Final = RegisterModel(
    vendor="generic",
    model="weather-station",
    firmware="any",
    source="the map of SEN0658, which many louvre-box stations share, with the rain gauge at 0201",
    rows=(*SEN0658.rows, RegisterRow("rainfall", 0x0201, divisor=10)),
)

CABINET_METER: Final = RegisterModel(
    vendor="generic",
    model="cabinet-meter",
    firmware="any",
    source=_SOURCE,
    rows=(
        *(
            RegisterRow("voltage", n, divisor=10, table="input", invalid=_NO_U16, channel=phase)
            for n, phase in enumerate("abc")
        ),
        *(
            RegisterRow("current", 3 + n, divisor=100, table="input", invalid=_NO_U16, channel=phase)
            for n, phase in enumerate("abc")
        ),
        RegisterRow("active_power", 6, "s32", table="input"),
        RegisterRow("power_factor", 8, "s16", divisor=1000, table="input", invalid=_NO_S16),
        RegisterRow("frequency", 9, divisor=100, table="input", invalid=_NO_U16),
        RegisterRow("active_energy", 10, "u32", divisor=100, table="input"),
    ),
)
