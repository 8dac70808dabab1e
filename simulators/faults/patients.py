"""Which devices of an island can have faults, and what they measure."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from simulators.devices.hj212_content import station_type
from simulators.devices.lwm2m import OBSERVED
from simulators.devices.meters import COUNTS, ELECTRICITY
from simulators.devices.register_map import REGISTER_MAPS
from simulators.devices.sl651_content import STATION_TYPES
from simulators.faults.config import Patient

if TYPE_CHECKING:
    from simulators.config import IslandConfig


def patients(island: "IslandConfig") -> dict[str, Patient]:
    """By the device's name."""
    found: dict[str, Patient] = {}
    wires = [("modbus", port.unit) for port in island.modbus] + [
        ("modbus-rtu", line.unit) for line in island.modbus_line
    ]
    for wire, units in wires:
        for unit in units:
            registers = REGISTER_MAPS[unit.kind]
            floats = all(entry.form == "f32 CDAB" for entry in registers.entries)
            found[unit.name] = _patient(wire, unit.hardware, registers.observed, floats=floats)
    for station in island.hj212:
        factors = station_type(station.kind).factors
        found[station.name] = _patient("hj212", f"mn:{station.mn}", (one.observed for one in factors))
    for gauge in island.sl651:
        elements = STATION_TYPES[gauge.kind].elements
        found[gauge.name] = _patient("sl651", f"sl651:{gauge.station}", (one.observed for one in elements))
    for node in island.coap:
        found[node.name] = _patient("coap", node.hardware, node.observed)
    for lamp in island.lwm2m:
        found[lamp.name] = _patient("lwm2m", lamp.endpoint.removeprefix("urn:"), OBSERVED.values())
    for line in island.meter_line:
        for meter in line.meter:
            shows = ELECTRICITY if meter.kind == "electricity" else (COUNTS[meter.kind],)
            observed = (one.partition("/")[0] for one in shows)
            found[meter.name] = _patient("meter", f"meter:{meter.address}", observed)
    return found


def _patient(section: str, hardware: str, observed: Iterable[str], *, floats: bool = False) -> Patient:
    return Patient(section=section, hardware=hardware, observed=frozenset(observed), floats=floats)
