"""Every model of the registry at the edge: asked over a real socket, or named in its link's section."""

from itertools import chain

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.links.hj212_config import Hj212Device
from edge.links.meter_config import Dlt645Device
from edge.links.modbus_config import ModbusTcp
from edge.links.modbus_tcp import ModbusTcpLink
from edge.lwm2m.config import Lwm2mDevice
from edge.lwm2m.rows import Row, Rows
from firmware_adapters.device_model import DeviceModel
from firmware_adapters.registry import MODELS
from protocols.vocabulary import ManualClock, unit_of
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import advanced, running

EVERY = [model for versions in MODELS.values() for model in versions]
TABLES = ("coil", "discrete", "holding", "input")


def named(model: DeviceModel) -> dict[str, str]:
    """How gateway.toml names it."""
    version = model.firmware.first or ("0.1" if model.firmware.before else "")
    return {"model": model.name, **({"firmware": version} if version else {})}


def _series(row: Row) -> str:
    return f"{row.observed}/{row.channel}" if row.channel else row.observed


def answering(model: DeviceModel, unit: int) -> SimDevice:
    """A device that has what the model's first golden reply has, and nothing beside it."""
    data: dict[str, list[SimData]] = {table: [] for table in TABLES}
    for block, answer in zip(model.register_model().plan().blocks, model.golden[0].registers, strict=True):
        said = bytes.fromhex(answer)
        if block.table in ("coil", "discrete"):
            values = [bool(said[at >> 3] >> (at & 7) & 1) for at in range(block.count)]
            data[block.table].append(SimData(block.address, values=values, datatype=DataType.BITS))
        else:
            words = [int.from_bytes(said[at : at + 2]) for at in range(0, len(said), 2)]
            data[block.table].append(SimData(block.address, values=words, datatype=DataType.REGISTERS))
    nothing = {
        table: [SimData(0xFFFF, values=[False] if table in TABLES[:2] else [0], datatype=datatype)]
        for table, datatype in zip(TABLES, [DataType.BITS] * 2 + [DataType.REGISTERS] * 2, strict=True)
    }
    return SimDevice(unit, simdata=tuple(data[table] or nothing[table] for table in TABLES))


async def test_every_map_is_read_from_a_device_that_has_these_registers_and_no_others():
    models = dict(enumerate((model for model in EVERY if model.registers), 1))
    devices = [answering(model, unit) for unit, model in models.items()]
    server = ModbusTcpServer(context=devices, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    port = server.transport.sockets[0].getsockname()[1]
    sections = [
        {"neuron": f"serial:{unit}", "unit": unit, "period_s": 600.0, **named(model)} for unit, model in models.items()
    ]
    config = ModbusTcp.model_validate(
        {
            "kind": "modbus-tcp",
            "name": "line",
            "host": "127.0.0.1",
            "port": port,
            "device": tuple(sections),
            "timeout_s": 5.0,
        }
    )
    clock, intake = ManualClock(), Recorder()
    link = ModbusTcpLink(config, clock)
    async with running(link, intake):
        await advanced(clock, 600.0)
        readings = await intake.until(len(models))
        status = link.status()
    await server.shutdown()
    errors = {device.source: set(device.errors) - {"missed_tick"} for device in status.devices}
    assert errors == {f"serial:{unit}": set() for unit in models}, "the clock was advanced over several ticks at once"
    read: dict[str, dict[str, float]] = {}
    for reading in readings:
        read.setdefault(reading.point.source, {})[reading.point.series] = reading.value
    for unit, model in models.items():
        golden = model.golden[0].values
        assert {series: read[f"serial:{unit}"][series] for series in golden} == golden, model.name
        assert len(read[f"serial:{unit}"]) == len(model.registers)


@pytest.mark.parametrize("model", [one for one in EVERY if not one.registers], ids=lambda model: model.name)
def test_what_has_no_registers_is_named_in_the_section_of_its_wire(model):
    if model.factors:
        table = Hj212Device.model_validate({"mn": "A1", "model": model.name}).factor_table()
        assert all(table[row.code] == row.factor for row in model.factors)
    elif model.resources:
        device = Lwm2mDevice.model_validate({"endpoint": "urn:imei:866782042319455", **named(model)})
        rows = {str(row.path): row for row in Rows((), (), device.model_rows).configured()}
        assert set(rows) == {row.path for row in model.resources}
        for golden in model.golden:
            said = {
                _series(row): row.number(golden.resources[path], unit_of(row.observed)) for path, row in rows.items()
            }
            assert said == golden.values, "with Sensor Units (5701) as the property's"
    elif model.dlt645:
        device = Dlt645Device.model_validate({"protocol": "dlt645", "address": "000000000161", "model": model.name})
        assert device.asked == model.dlt645.items
    else:
        assert model.elements or model.cjt188, "their stations and meters say what they are"


def test_no_series_of_a_model_is_told_twice():
    for model in EVERY:
        rows = [(row.observed, row.channel) for row in chain(model.registers, model.factors, model.resources)]
        assert len(rows) == len(set(rows)), model.name
