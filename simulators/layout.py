"""Where the simulated neurons stand, what they are and what they speak: a pure function of their number and a seed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from protocols.vocabulary import HardwareId
from simulators.devices.hj212_content import StationKind, station_type
from simulators.devices.meters import COUNTS, ELECTRICITY
from simulators.devices.meters import Kind as MeterKind
from simulators.devices.register_map import REGISTER_MAPS
from simulators.devices.sl651_content import STATION_TYPES
from simulators.devices.sl651_content import StationKind as Sl651Kind
from simulators.environment.wander import chance
from simulators.geography import Town, distance_km, inside, outlines, towns

Wire = Literal["modbus-tcp", "modbus-rtu-tcp", "meter-tcp", "hj212-tcp", "sl651-tcp", "coap", "lwm2m"]
PER_LINE: Final[Mapping[Wire, int]] = {"modbus-tcp": 100, "modbus-rtu-tcp": 30, "meter-tcp": 60}
"""Devices behind one port: a Modbus server could have 247 units, an RS-485 line 32 devices."""
_TYPE_ALLOCATION_CODE: Final = "86799703"
_REACH_KM: Final = 2.5
_NODE: Final = ("battery_voltage", "signal_strength")
LAMP: Final = ("air_temperature", "switched_on", "lamp_level", "active_power")
"""What a lamp on NB-IoT tells."""
MODELS: Final[Mapping[MeterKind, str]] = {"electricity": "generic/single-phase", "water": ""}
"""Of meters; those of CJ/T 188 need none."""


class _Form(NamedTuple):
    """One form of neuron, and of the thing it watches."""

    kind: str
    wire: Wire
    device: str
    """What the island's configuration calls it; empty for a CoAP node, which is only its sensors."""
    observed: tuple[str, ...]
    name: str
    twin_kind: str
    twin_name: str
    model: str = ""


def _modbus(kind: str, device: str, name: str, twin_kind: str, twin_name: str) -> _Form:
    observed = REGISTER_MAPS[device].observed
    return _Form(kind, "modbus-tcp", device, observed, name, twin_kind, twin_name, REGISTER_MAPS[device].model)


def _line(kind: str, device: str, name: str, twin_kind: str, twin_name: str) -> _Form:
    return _modbus(kind, device, name, twin_kind, twin_name)._replace(wire="modbus-rtu-tcp")


def _meter(kind: str, device: MeterKind, name: str, twin_kind: str, twin_name: str) -> _Form:
    observed = (COUNTS[device],) if device in COUNTS else ELECTRICITY
    return _Form(kind, "meter-tcp", device, observed, name, twin_kind, twin_name, MODELS[device])


def _station(kind: str, device: StationKind, name: str, twin_kind: str, twin_name: str) -> _Form:
    observed = tuple(factor.observed for factor in station_type(device).factors)
    return _Form(kind, "hj212-tcp", device, observed, name, twin_kind, twin_name)


def _hydrological(kind: str, device: Sl651Kind, name: str, twin_kind: str, twin_name: str) -> _Form:
    observed = tuple(row.observed for row in STATION_TYPES[device].elements)
    return _Form(kind, "sl651-tcp", device, observed, name, twin_kind, twin_name)


def _node(kind: str, observed: tuple[str, ...], name: str, twin_kind: str, twin_name: str) -> _Form:
    return _Form(kind, "coap", "", observed + _NODE, name, twin_kind, twin_name)


_FORMS: Final = (
    _modbus("streetlight", "streetlight", "路灯控制器", "streetlight", "路灯"),
    _modbus("water_quality", "water_sonde", "水质探头", "river_section", "河道断面"),
    _modbus("weather", "weather_station", "气象站", "weather_station", "气象站"),
    _node("water_level", ("water_level",), "水位计", "river_section", "河道断面"),
    _station("air_quality", "air", "空气质量站", "air_station", "空气监测站"),
    _modbus("soil", "soil_probe", "土壤探头", "farmland", "农田"),
    _node("sluice", ("water_level", "gate_opening"), "水闸监测仪", "sluice", "水闸"),
    _modbus("streetlight", "streetlight", "路灯控制器", "streetlight", "路灯"),
    _station("noise", "noise", "噪声监测仪", "monitoring_station", "噪声监测点"),
    _hydrological("water_level", "river", "水文站", "river_section", "河道断面"),
    _station("water_quality", "surface_water", "水质自动站", "water_station", "水质自动站"),
    _node("soil", ("soil_moisture", "soil_temperature"), "墒情仪", "wetland", "湿地"),
    _hydrological("weather", "rain", "雨量站", "weather_station", "雨量站"),
    _meter("electricity", "electricity", "电能表", "building", "住宅"),
    _Form("streetlight", "lwm2m", "lamp", LAMP, "NB路灯控制器", "streetlight", "路灯"),
    _line("sluice", "sluice_gate", "水闸控制器", "sluice", "水闸"),
    _node("waste_bin", ("fill_level",), "垃圾桶满溢仪", "waste_bin", "垃圾桶"),
    _meter("water_meter", "water", "水表", "building", "住宅"),
    _line("electricity", "cabinet_meter", "配电箱电表", "lighting_cabinet", "路灯配电箱"),
    _node("smoke", ("smoke_alarm",), "烟感", "building", "住宅"),
    _node("manhole", ("cover_open", "tilt", "hydrogen_sulfide"), "井盖监测仪", "manhole", "检查井"),
    _line("soil", "npk_probe", "土壤养分仪", "greenhouse", "大棚"),
    _node("gas", ("combustible_gas", "gas_alarm"), "燃气探测器", "building", "住宅"),
)
"""In this order round the towns; 23 and 18 have no common divisor, so that every town comes to have every form."""
EVERYTHING: Final = len(_FORMS) * len(towns())
"""So many neurons, and every form stands in every town."""


@dataclass(frozen=True, slots=True)
class NeuronPlan:
    """One simulated neuron, as a user would enter it in the registry, and where to find it."""

    number: int
    """1, 2, ...; a larger island has the same first neurons as a smaller one of the same seed."""
    device: str
    """Its name on the island, e.g. ``streetlight-0001``; with the seed it decides what it measures."""
    name: str
    """In Chinese: town, what it is, number."""
    kind: str
    """weather, air_quality, water_quality, water_level, soil, noise, streetlight, sluice, electricity, water_meter,
    waste_bin, smoke, manhole, gas."""
    wire: Wire
    form: str
    """``kind`` of its entry in island.toml; empty for CoAP nodes."""
    model: str
    """vendor/model of its register map (firmware_adapters.registry); empty for other wires."""
    hardware: HardwareId
    """``serial`` (Modbus), ``meter``, ``mn`` (HJ 212), ``sl651`` or ``imei`` (CoAP, LwM2M)."""
    observed: tuple[str, ...]
    town: str
    """9-digit division code."""
    longitude: float
    latitude: float
    twin_kind: str
    twin_name: str
    server: int | None
    """Behind which server or line of its wire it is, 0, 1, ...; None where each has its own way."""
    unit: int | None
    """Its place there, from 1 on: the Modbus unit identifier."""


def layout(neurons: int, seed: int) -> list[NeuronPlan]:
    """Spread neurons over all 18 towns: each within 2.5 km of its town's seat, nearest to that seat, and on land.

    :param neurons: how many; below 18 some towns have none.
    :raises ValueError: fewer than 0 or more than 999,999.
    """
    if not 0 <= neurons <= 999_999:
        raise ValueError(f"{neurons} neurons: expected 0 to 999999")
    plans: list[NeuronPlan] = []
    placed: Counter[Wire] = Counter()
    for number in range(1, neurons + 1):
        form, town = _FORMS[(number - 1) % len(_FORMS)], towns()[(number - 1) % len(towns())]
        on_line = PER_LINE.get(form.wire)
        longitude, latitude = _place(town, f"{seed}/{number}")
        plans.append(
            NeuronPlan(
                number=number,
                device=f"{form.kind.replace('_', '-')}-{number:04d}",
                name=f"{town.name}{form.name}{number:02d}",
                kind=form.kind,
                wire=form.wire,
                form=form.device,
                model=form.model,
                hardware=_hardware(form, town, seed, number),
                observed=form.observed,
                town=town.code,
                longitude=longitude,
                latitude=latitude,
                twin_kind=form.twin_kind,
                twin_name=f"{town.name}{form.twin_name}{number:02d}",
                server=placed[form.wire] // on_line if on_line else None,
                unit=placed[form.wire] % on_line + 1 if on_line else None,
            )
        )
        placed[form.wire] += 1
    return plans


def _place(town: Town, key: str) -> tuple[float, float]:
    """A point of the town, to 5 decimals (about a metre)."""
    seat = (town.longitude, town.latitude)
    for attempt in range(1000):
        east, north = (2 * chance(f"{key}/{axis}", attempt) - 1 for axis in ("east", "north"))
        point = round(seat[0] + east * 0.03, 5), round(seat[1] + north * 0.025, 5)
        nearest = min(towns(), key=lambda other: distance_km(point, (other.longitude, other.latitude)))
        near = distance_km(point, seat) <= _REACH_KM and nearest == town
        if near and inside(outlines()[town.island], *point):
            return point
    return seat


def lines_of(plans: Sequence[NeuronPlan]) -> dict[Wire, int]:
    """How many servers or lines each wire has that is shared; at least one."""
    return {wire: max((plan.server or 0 for plan in plans if plan.wire == wire), default=0) + 1 for wire in PER_LINE}


def _hardware(form: _Form, town: Town, seed: int, number: int) -> HardwareId:
    wire = form.wire
    if wire == "meter-tcp":
        width = 8 if form.device == "electricity" else 10
        return HardwareId("meter", f"31{seed % 100:02d}{number:0{width}d}")
    if wire in ("modbus-tcp", "modbus-rtu-tcp"):
        return HardwareId("serial", f"YZ{seed % 10_000:04d}{number:06d}")
    if wire == "hj212-tcp":
        return HardwareId("mn", f"{town.code}{seed % 1_000_000:06d}{number:09d}")
    if wire == "sl651-tcp":
        return HardwareId("sl651", f"00{seed % 100:02d}{number:06d}")  # 00: a hydrological station, ten decimal digits
    digits = f"{_TYPE_ALLOCATION_CODE}{number:06d}"
    return HardwareId("imei", digits + _luhn(digits))


def _luhn(digits: str) -> str:
    """The check digit of an IMEI (3GPP TS 23.003 Annex B)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value // 10 + value % 10
    return str(-total % 10)
