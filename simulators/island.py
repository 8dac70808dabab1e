"""The island: every device of a configuration, alive in one process."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from protocols.sl651 import Mode
from protocols.vocabulary import Clock, HardwareId
from simulators.config import (
    CameraEntry,
    CoapEntry,
    Hj212Entry,
    IslandConfig,
    Lwm2mEntry,
    MeterEntry,
    MeterLine,
    ModbusLine,
    ModbusPort,
    ModbusUnit,
    Sl651Entry,
)
from simulators.devices.coap_node import CoapNode, CoapSettings
from simulators.devices.hj212_content import station_type
from simulators.devices.hj212_logger import Hj212Settings
from simulators.devices.hj212_station import Hj212Station
from simulators.devices.line import LineSerialPort, LineServer, Wire
from simulators.devices.lwm2m import LampSettings, Lwm2mLamp
from simulators.devices.meters import ElectricityMeter, MeterWire, PipeMeter
from simulators.devices.modbus_rtu import ModbusWire
from simulators.devices.modbus_tcp import ModbusServer
from simulators.devices.modbus_unit import SluiceGate, Streetlight, Unit
from simulators.devices.register_map import REGISTER_MAPS
from simulators.devices.sl651_content import STATION_TYPES
from simulators.devices.sl651_logger import Sl651Settings
from simulators.devices.sl651_station import Sl651Station
from simulators.devices.snapshot_camera import CameraSettings, SnapshotCamera
from simulators.devices.wetland import Wetland
from simulators.environment import Site, Tempo, World
from simulators.environment.measured import load_series
from simulators.environment.moment import Load
from simulators.faults import FaultPlan
from simulators.faults.config import faults_of
from simulators.faults.patients import patients
from simulators.scenarios import SCENARIOS, Scenario
from simulators.truth import TruthFile, Witness


class Island:
    """All devices; :meth:`run` until cancelled.

    :raises OSError: a Modbus port cannot be had, or the truth file not opened.
    """

    def __init__(self, config: IslandConfig, clock: Clock) -> None:
        self.config = config
        tempo = Tempo(config.speed)
        start_ms = tempo.simulated_ms(clock.now_ms())
        scenario = Scenario() if config.scenario is None else SCENARIOS[config.scenario]
        self.world = World(config.seed, tempo, events=scenario.events(start_ms), replay=frozenset(config.replay))
        self.lines: list[LineServer | LineSerialPort] = []
        """Those that are open."""
        self._clock = clock
        known = patients(config) if config.fault or config.scenario else {}
        faults = faults_of(config.fault, config.seed)
        for device, one in scenario.faults(known, start_ms):
            faults.setdefault(device, []).append(one)
        self._faults = FaultPlan(faults, {name: one.hardware for name, one in known.items()}, clock)

    async def run(self, serving: Callable[[list[ModbusServer]], None] = lambda _: None) -> None:
        """Open the Modbus ports, tell ``serving`` of them, and let stations and nodes live."""
        load_series(self.world.replay)
        async with AsyncExitStack() as stack:
            truth = None if self.config.truth is None else stack.enter_context(TruthFile(self.config.truth))
            servers = [await stack.enter_async_context(self._server(port, truth)) for port in self.config.modbus]
            lines: list[tuple[MeterLine | ModbusLine, Wire]] = [
                *((line, self._units(line, truth)) for line in self.config.modbus_line),
                *((line, self._meters(line, truth)) for line in self.config.meter_line),
            ]
            self.lines = [await stack.enter_async_context(_opened(line, wire)) for line, wire in lines]
            for camera in self.config.camera:
                await stack.enter_async_context(self._camera(camera))
            serving(servers)
            async with asyncio.TaskGroup() as tasks:
                if truth is not None and self._faults:
                    tasks.create_task(self._faults.herald(self.world, truth))
                for station in self.config.hj212:
                    tasks.create_task(self._station(station, truth).run())
                for hydrological in self.config.sl651:
                    tasks.create_task(self._hydrological(hydrological, truth).run())
                for node in self.config.coap:
                    tasks.create_task(self._node(node, truth).run())
                for lamp in self.config.lwm2m:
                    tasks.create_task(self._lamp(lamp, truth).run())
                await asyncio.get_running_loop().create_future()  # for ever: a server has no task of its own

    def _server(self, port: ModbusPort, truth: Witness | None) -> ModbusServer:
        units = {entry.unit: self._unit(entry, truth) for entry in port.unit}
        return ModbusServer(port.host, port.port, units, self._clock)

    def _unit(self, entry: ModbusUnit, truth: Witness | None) -> Unit:
        site, hardware = Site(entry.name, *entry.location), HardwareId.parse(entry.hardware)
        seat = self._faults.seat(entry.name, self.world, truth, mute=True)
        unit: Unit
        if entry.kind == "streetlight":
            unit = Streetlight(site, hardware, seat.world, seat.witness)
        elif entry.kind == "sluice_gate":
            unit = SluiceGate(site, hardware, seat.world, seat.witness)
        else:
            load: Load = "cabinet" if entry.kind == "cabinet_meter" else "lamp"
            unit = Unit(site._replace(load=load), hardware, REGISTER_MAPS[entry.kind], seat.world, seat.witness)
        unit.mouth = seat.mouth
        return unit

    def _units(self, line: ModbusLine, truth: Witness | None) -> Wire:
        return ModbusWire({entry.unit: self._unit(entry, truth) for entry in line.unit}, self._clock.now_ms)

    def _meters(self, line: MeterLine, truth: Witness | None) -> Wire:
        return MeterWire(tuple(self._meter(entry, truth) for entry in line.meter), self._clock.now_ms)

    def _meter(self, entry: MeterEntry, truth: Witness | None) -> ElectricityMeter | PipeMeter:
        site, seat = Site(entry.name, *entry.location, "house"), self._faults.seat(entry.name, self.world, truth)
        meter: ElectricityMeter | PipeMeter
        if entry.kind == "electricity":
            meter = ElectricityMeter(site, entry.address, seat.world, entry.password, seat.witness)
        else:
            meter = PipeMeter(site, entry.kind, entry.address, seat.world, seat.witness)
        meter.mouth = seat.mouth
        return meter

    def _station(self, entry: Hj212Entry, truth: Witness | None) -> Hj212Station:
        settings = Hj212Settings(
            host=entry.host,
            port=entry.port,
            mn=entry.mn,
            type=station_type(entry.kind, entry.pm_unit),
            period_s=entry.period_s,
            password=entry.password,
            crc=entry.crc,
            wants_answer=entry.wants_answer,
            answer_timeout_s=entry.answer_timeout_s,
            clock_error_s=entry.clock_error_s,
        )
        seat = self._faults.seat(entry.name, self.world, truth)
        station = Hj212Station(Site(entry.name, *entry.location), settings, seat.world, seat.clock, seat.witness)
        station.mouth = seat.mouth
        return station

    def _camera(self, entry: CameraEntry) -> SnapshotCamera:
        site = Site(entry.name, *entry.location)
        wetland = Wetland(self.config.seed, site, birds=entry.birds, people=entry.people, world=self.world)
        wetland.weather.daylight = entry.daylight
        return SnapshotCamera(wetland, CameraSettings(host=entry.host, port=entry.port), self._clock)

    def _hydrological(self, entry: Sl651Entry, truth: Witness | None) -> Sl651Station:
        settings = Sl651Settings(
            host=entry.host,
            port=entry.port,
            station=entry.station,
            type=STATION_TYPES[entry.kind],
            transport=entry.transport,
            mode=Mode(entry.mode),
            centre=entry.centre,
            password=entry.password,
            period_s=entry.period_s,
            resends=entry.resends,
            confirm_s=entry.confirm_s,
            keep_alive_s=entry.keep_alive_s,
            clock_error_s=entry.clock_error_s,
        )
        seat = self._faults.seat(entry.name, self.world, truth)
        station = Sl651Station(Site(entry.name, *entry.location), settings, seat.world, seat.clock, seat.witness)
        station.mouth = seat.mouth
        return station

    def _lamp(self, entry: Lwm2mEntry, truth: Witness | None) -> Lwm2mLamp:
        settings = LampSettings(
            host=entry.host,
            port=entry.port,
            endpoint=entry.endpoint,
            period_s=entry.period_s,
            awake_s=entry.awake_s,
            lifetime_s=entry.lifetime_s,
            ack_timeout_s=entry.ack_timeout_s,
            queue_mode=entry.queue_mode,
            loss=entry.loss,
        )
        seat = self._faults.seat(entry.name, self.world, truth)
        lamp = Lwm2mLamp(Site(entry.name, *entry.location), settings, seat.world, self._clock, seat.witness)
        lamp.mouth = seat.mouth
        return lamp

    def _node(self, entry: CoapEntry, truth: Witness | None) -> CoapNode:
        settings = CoapSettings(
            host=entry.host,
            port=entry.port,
            hardware=HardwareId.parse(entry.hardware),
            observed=entry.observed,
            path=entry.path,
            encoding=entry.encoding,
            period_s=entry.period_s,
            samples_per_report=entry.samples_per_report,
            ack_timeout_s=entry.ack_timeout_s,
        )
        seat = self._faults.seat(entry.name, self.world, truth)
        node = CoapNode(Site(entry.name, *entry.location), settings, seat.world, seat.clock, seat.witness)
        node.mouth = seat.mouth
        return node


def _opened(line: MeterLine | ModbusLine, wire: Wire) -> LineServer | LineSerialPort:
    """Not open yet."""
    if line.path is not None:
        return LineSerialPort(line.path, line.baud, wire)
    return LineServer(line.host, line.port or 0, wire)
