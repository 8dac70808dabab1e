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
    ModbusPort,
    ModbusUnit,
    Sl651Entry,
)
from simulators.devices.coap_node import CoapNode, CoapSettings
from simulators.devices.hj212_content import station_type
from simulators.devices.hj212_logger import Hj212Settings
from simulators.devices.hj212_station import Hj212Station
from simulators.devices.lwm2m import LampSettings, Lwm2mLamp
from simulators.devices.meter_line import MeterSerialPort, MeterServer
from simulators.devices.meters import ElectricityMeter, MeterWire, PipeMeter
from simulators.devices.modbus_tcp import ModbusServer
from simulators.devices.modbus_unit import Streetlight, Unit
from simulators.devices.register_map import REGISTER_MAPS
from simulators.devices.sl651_content import STATION_TYPES
from simulators.devices.sl651_logger import Sl651Settings
from simulators.devices.sl651_station import Sl651Station
from simulators.devices.snapshot_camera import CameraSettings, SnapshotCamera
from simulators.devices.wetland import Wetland
from simulators.environment import Site, Tempo, World
from simulators.environment.measured import load_series
from simulators.faults import FaultPlan
from simulators.faults.config import faults_of
from simulators.faults.patients import patients
from simulators.truth import TruthFile, Witness


class Island:
    """All devices; :meth:`run` until cancelled.

    :raises OSError: a Modbus port cannot be had, or the truth file not opened.
    """

    def __init__(self, config: IslandConfig, clock: Clock) -> None:
        self.config = config
        self.world = World(config.seed, Tempo(config.speed), replay=frozenset(config.replay))
        self.meter_lines: list[MeterServer | MeterSerialPort] = []
        """Those that are open."""
        self._clock = clock
        hardware = {name: one.hardware for name, one in patients(config).items()} if config.fault else {}
        self._faults = FaultPlan(faults_of(config.fault, config.seed), hardware, clock)

    async def run(self, serving: Callable[[list[ModbusServer]], None] = lambda _: None) -> None:
        """Open the Modbus ports, tell ``serving`` of them, and let stations and nodes live."""
        load_series(self.world.replay)
        async with AsyncExitStack() as stack:
            truth = None if self.config.truth is None else stack.enter_context(TruthFile(self.config.truth))
            servers = [await stack.enter_async_context(self._server(port, truth)) for port in self.config.modbus]
            self.meter_lines = [
                await stack.enter_async_context(self._meter_line(line)) for line in self.config.meter_line
            ]
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
                    tasks.create_task(self._lamp(lamp).run())
                await asyncio.get_running_loop().create_future()  # for ever: a server has no task of its own

    def _server(self, port: ModbusPort, truth: Witness | None) -> ModbusServer:
        units = {entry.unit: self._unit(entry, truth) for entry in port.unit}
        return ModbusServer(port.host, port.port, units, self._clock)

    def _unit(self, entry: ModbusUnit, truth: Witness | None) -> Unit:
        site, hardware = Site(entry.name, *entry.location), HardwareId.parse(entry.hardware)
        seat = self._faults.seat(entry.name, self.world, truth, mute=True)
        if entry.kind == "streetlight":
            unit: Unit = Streetlight(site, hardware, seat.world, seat.witness)
        else:
            unit = Unit(site, hardware, REGISTER_MAPS[entry.kind], seat.world, seat.witness)
        unit.mouth = seat.mouth
        return unit

    def _meter_line(self, line: MeterLine) -> MeterServer | MeterSerialPort:
        wire = MeterWire(tuple(self._meter(entry) for entry in line.meter), self._clock.now_ms)
        if line.path is not None:
            return MeterSerialPort(line.path, line.baud, wire)
        return MeterServer(line.host, line.port or 0, wire)

    def _meter(self, entry: MeterEntry) -> ElectricityMeter | PipeMeter:
        site = Site(entry.name, *entry.location)
        if entry.kind == "electricity":
            meter: ElectricityMeter | PipeMeter = ElectricityMeter(site, entry.address, self.world, entry.password)
        else:
            meter = PipeMeter(site, entry.kind, entry.address, self.world)
        meter.mouth = self._faults.seat(entry.name, self.world, None).mouth
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
        wetland = Wetland(self.config.seed, site, birds=entry.birds, people=entry.people)
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

    def _lamp(self, entry: Lwm2mEntry) -> Lwm2mLamp:
        settings = LampSettings(
            host=entry.host,
            port=entry.port,
            endpoint=entry.endpoint,
            period_s=entry.period_s,
            awake_s=entry.awake_s,
            lifetime_s=entry.lifetime_s,
            ack_timeout_s=entry.ack_timeout_s,
            queue_mode=entry.queue_mode,
        )
        return Lwm2mLamp(Site(entry.name, *entry.location), settings, self.world, self._clock)

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
