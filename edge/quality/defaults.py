"""Figures of every observed property for which nothing else is configured: one table (docs/quality.md).

Sensor limits are those of protocols.vocabulary.properties unless the row says otherwise. The figures are meant to be
seldom wrong: on real data of good stations less than 1 % of readings are suspect and less than 0.1 % fail. Where WMO's
(WMO-No. 305: 4/7/9/15/25 degrees Celsius and 3/6/9/18/36 hPa over 1/2/3/6/12 h; one-minute limits of automatic
stations) flag more than that on the years of measurements in simulators/measurements, they were widened.
"""

from collections.abc import Mapping
from typing import Final

from edge.quality.limits import FOREVER_MS, NO_LIMITS, Flat, Limits, Rate, Span, Spike, Unit
from protocols.vocabulary import OBSERVED_PROPERTIES

_M: Final = 60
_H: Final = 3600
_FLAT_COUNT: Final = 5
_FLAT_FAIL_COUNT: Final = 10
"""Twice the manual's 3 and 5: its example is a gauge with 1 mm, our sensors often show two digits."""
_ZERO: Final = ((0.0, 0.0),)
_TEN: Final = (10.0,)
_K: Final = (1000.0,)
_TEN_K: Final = (10.0, 1000.0)
_ANY: Final = (10.0, 100.0, 1000.0)
_T: Final = {_M: 3.0, _H: 7, 2 * _H: 9, 3 * _H: 11, 6 * _H: 15, 12 * _H: 25}
_DEW: Final = {_M: 4.0, _H: 9, 2 * _H: 11, 3 * _H: 13, 6 * _H: 16, 12 * _H: 25}
_P: Final = {_M: 1.5, _H: 3, 2 * _H: 6, 3 * _H: 9, 6 * _H: 18, 12 * _H: 36}


def _of(  # noqa: PLR0913 - the columns of the table
    name: str,
    user: tuple[float, float] | None = None,
    *,
    sensor: tuple[float, float] | None = None,
    spike: tuple[float, float] | None = None,
    rate: Mapping[int, float] | None = None,
    flat: tuple[float, float] | None = None,
    natural: tuple[tuple[float, float], ...] = (),
    natural_h: float | None = None,
    unit: tuple[float, tuple[float, ...]] | None = None,
) -> tuple[str, Limits]:
    """A row: spike and unit steps in the property's unit, rate as {seconds: step}, flat line as hours to each flag."""
    known = OBSERVED_PROPERTIES[name]
    return name, Limits(
        sensor=Span(*(sensor or (known.low, known.high))),
        user=Span(*user) if user else None,
        spike=Spike(*spike) if spike else None,
        rate=Rate(tuple((seconds * 1000, float(step)) for seconds, step in rate.items())) if rate else None,
        flat=Flat(
            _FLAT_COUNT,
            _FLAT_FAIL_COUNT,
            round(flat[0] * _H * 1000),
            round(flat[1] * _H * 1000),
            natural=tuple(Span(*one) for one in natural),
            natural_ms=FOREVER_MS if natural_h is None else round(natural_h * _H * 1000),
        )
        if flat
        else None,
        unit=Unit(*unit) if unit else None,
    )


_ROWS: Final = (
    # water
    _of("water_temperature", (-2, 42), spike=(3, 10), rate={_M: 2, _H: 5, 12 * _H: 15}, flat=(24, 72), unit=(10, _TEN)),
    _of("water_level", spike=(0.5, 2), rate={_M: 0.5, _H: 2, 3 * _H: 4}, flat=(12, 72), unit=(1, _ANY)),
    _of("water_depth", spike=(1, 4), rate={_M: 1, _H: 4}, flat=(24, 96), natural=_ZERO, unit=(1, _ANY)),
    _of("water_flow"),
    _of("water_velocity", (-8, 8), spike=(2, 6), rate={_M: 2, _H: 4}, flat=(12, 48), natural=_ZERO),
    _of("ph", (3, 12), spike=(1, 3), rate={_M: 1, _H: 2}, flat=(24, 72)),
    _of("dissolved_oxygen", (0, 30), spike=(4, 10), rate={_M: 3, _H: 8}, flat=(12, 48), natural=_ZERO, unit=(4, _TEN)),
    _of("conductivity", spike=(5000, 20_000), rate={_M: 3000, _H: 15_000}, flat=(24, 96), unit=(50, _K)),
    _of("salinity", (0, 45), spike=(6, 20), rate={_M: 4, _H: 15}, flat=(24, 96), natural=((0, 0.2),)),
    _of("turbidity", spike=(200, 800), rate={_M: 200, _H: 2000}, flat=(12, 48), natural=_ZERO, unit=(20, _TEN)),
    _of("orp", (-800, 1200), spike=(150, 500), rate={_M: 150, _H: 400}, flat=(24, 96)),
    _of("cod"),
    _of("cod_mn"),
    _of("bod5"),
    _of("toc"),
    _of("ammonia_nitrogen"),
    _of("total_phosphorus"),
    _of("total_nitrogen"),
    _of("suspended_solids"),
    _of("chlorophyll_a"),
    _of("oxygen_saturation", (0, 300), spike=(60, 150), rate={_M: 40, _H: 100}, flat=(12, 48), natural=_ZERO),
    _of("total_dissolved_solids"),
    _of("water_pressure"),
    _of("water_distance", spike=(0.5, 2), rate={_M: 0.5, _H: 2, 3 * _H: 4}, flat=(12, 72), unit=(1, _ANY)),
    # air and weather
    _of("air_temperature", (-30, 48), spike=(3, 10), rate=_T, flat=(3, 12), unit=(10, _TEN)),
    _of(
        "relative_humidity", (1, 103), sensor=(0, 105), spike=(20, 50), rate={_M: 10, 15 * _M: 30, _H: 50},
        flat=(6, 24), natural=((97, 105),), natural_h=72, unit=(30, _TEN),
    ),
    _of("dew_point", (-45, 38), spike=(4, 12), rate=_DEW, flat=(3, 12)),
    _of("air_pressure", (860, 1085), spike=(2, 10), rate=_P, flat=(8, 24), unit=(500, _TEN)),
    _of(
        "wind_speed", (0, 70), spike=(13, 30), rate={_M: 13, _H: 25}, flat=(3, 12), natural=((0, 0.5),),
        natural_h=72, unit=(8, _TEN),
    ),
    _of("wind_direction", flat=(48, 168), natural=_ZERO),
    _of("rainfall", (0, 300), flat=(3, 12), natural=((0, 0.5),)),
    _of("rain_intensity", (0, 400)),
    _of("uv_index", (0, 20)),
    _of("illuminance", (0, 180_000), flat=(6, 24), natural=((0, 200),)),
    _of("solar_radiation", (-15, 1600), flat=(6, 24), natural=((-15, 5),)),
    _of("pm1", (0, 1000), sensor=(-15, 2000), spike=(200, 800), rate={_M: 200, _H: 400}, flat=(12, 48), unit=(5, _K)),
    _of("pm2_5", (0, 1000), sensor=(-15, 2000), spike=(200, 800), rate={_M: 200, _H: 400}, flat=(12, 48), unit=(5, _K)),
    _of("pm10", (0, 3000), sensor=(-15, 5000), spike=(240, 1000), rate={_M: 240, _H: 800}, flat=(12, 48), unit=(5, _K)),
    _of("tsp", (0, 10_000), sensor=(-15, 20_000), spike=(1000, 5000), rate={_M: 1000, _H: 3000}, flat=(12, 48)),
    _of("so2", (0, 3000), sensor=(-10, 1e4), spike=(300, 900), rate={_M: 300, _H: 800}, flat=(168, 336), unit=(5, _K)),
    _of("no2", (0, 2000), sensor=(-10, 5000), spike=(200, 800), rate={_M: 200, _H: 400}, flat=(48, 168), unit=(5, _K)),
    _of("no", (0, 2000), sensor=(-10, 5000), spike=(300, 1000), rate={_M: 300, _H: 600}, flat=(72, 240), unit=(5, _K)),
    _of("co", (0, 100), sensor=(-1, 500), spike=(10, 40), rate={_M: 10, _H: 30}, flat=(48, 168), unit=(0.3, _K)),
    _of("o3", (0, 1000), sensor=(-10, 2000), spike=(150, 500), rate={_M: 150, _H: 300}, flat=(72, 240), unit=(5, _K)),
    _of("co2", (250, 20_000), spike=(2000, 8000), rate={_M: 2000, _H: 6000}, flat=(12, 48)),
    _of("ammonia_gas"),
    _of("hydrogen_sulfide"),
    _of("combustible_gas"),
    _of("noise", (10, 140), spike=(24, 80), flat=(3, 24), unit=(40, _TEN)),
    # soil
    _of("soil_moisture", spike=(24, 70), rate={_M: 20, _H: 50}, flat=(168, 720), natural=_ZERO, unit=(5, (10, 100))),
    _of("soil_temperature", (-20, 60), spike=(3, 10), rate={_M: 3, _H: 8}, flat=(72, 240), unit=(10, _TEN)),
    _of("soil_conductivity", flat=(168, 720), natural=_ZERO),
    _of("soil_ph", (2, 12), spike=(1.5, 4), rate={_M: 1.5, _H: 3}),
    _of("soil_nitrogen"),
    _of("soil_phosphorus"),
    _of("soil_potassium"),
    _of("soil_salinity"),
    # streetlights and electricity: they are switched, so nothing is said about their changes
    _of("lamp_level"),
    _of("switched_on"),
    _of("voltage", unit=(30, _TEN_K)),
    _of("current"),
    _of("active_power"),
    _of("power_factor"),
    _of("frequency"),
    _of("active_energy", unit=(1, _TEN_K)),
    _of("water_volume", unit=(1, _TEN_K)),
    _of("gas_volume", unit=(1, _TEN_K)),
    _of("heat_energy", unit=(1, _TEN_K)),
    _of("relay_closed"),
    _of("lamp_hours", unit=(10, _TEN_K)),
    # sluices, cameras and the devices themselves
    _of("gate_opening"),
    _of("pump_running"),
    _of("running_hours"),
    _of("drive_running"),
    _of("end_position"),
    _of("fault_signal"),
    _of("valve_opening"),
    _of("fill_level"),
    _of("smoke_alarm"),
    _of("gas_alarm"),
    _of("cover_open"),
    _of("tilt"),
    _of("motion_share"),
    _of("image_brightness"),
    _of("image_sharpness"),
    _of("image_occlusion"),
    _of("scene_shift"),
    _of("object_count"),
    _of("picture_wanted"),
    _of("battery_voltage", unit=(2, _K)),
    _of("battery_level"),
    _of("signal_strength"),
)  # fmt: skip

DEFAULTS: Final[Mapping[str, Limits]] = dict(_ROWS)


def defaults_of(observed: str) -> Limits:
    """The table's row; no checks for a property that it does not know."""
    return DEFAULTS.get(observed, NO_LIMITS)
