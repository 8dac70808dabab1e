"""What is wanted of a device: a resource is written, executed or read as soon as the device can be reached."""

from typing import Any

from aiocoap.numbers import codes

from edge.commands.actuator import Unfit
from edge.lwm2m import payload
from edge.lwm2m.book import Away
from edge.lwm2m.device import OTHER_FORMAT, Device, Surroundings
from edge.lwm2m.rows import Row
from protocols.lwm2m import Path, Value
from protocols.vocabulary import DeviceRefused, LinkDown, ProtocolError


class Orders:
    """Commands for the devices of a link; none is sent twice, and none after its owner went away."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    def row(self, device: Device, observed: str, channel: str) -> Row | None:
        """The resource that a point is; also of a device that is away, by what it had."""
        found = [row for row in device.known.values() if (row.observed, row.channel) == (observed, channel)]
        found = found or [row for row in device.rows.configured() if (row.observed, row.channel) == (observed, channel)]
        return next((row for row in found if row.writable or row.execute), found[0] if found else None)

    def fit(self, row: Row, value: float) -> float:
        """What the device will tell.

        :raises Unfit: as edge.commands.actuator.Actuator.
        """
        return row.setting(value)[1]

    async def write(self, device: Device, row: Row, value: float) -> float:
        """Write once, and ask what it holds. When no answer comes to the write, what the device says counts.

        :raises YingzhouError: it refused, or does not tell what it holds.
        """
        wanted, told = row.setting(value)
        if row.execute:
            answer = await self._sent(device, self._around.requests.execute(device.root, row.path))
            _accept(answer, row)
            return told
        try:
            await self._put(device, row, wanted)
        except Away:
            raise
        except LinkDown:
            device.record.errors["write_silence"] += 1
        return await self.read(device, row)

    async def _put(self, device: Device, row: Row, wanted: Value) -> None:
        """In the first format that the device takes."""
        answer: Any = None
        for content_format in device.write_formats():
            data = payload.write(row.path, wanted, row.type, content_format)
            perform = self._around.requests.write(device.root, row.path, content_format, data)
            answer = await self._sent(device, perform)
            if answer.code not in OTHER_FORMAT:
                device.takes(content_format)
                break
        _accept(answer, row)

    async def read(self, device: Device, row: Row) -> float:
        """Ask what it holds.

        :raises YingzhouError: it does not tell.
        """
        if row.execute:
            raise Unfit(f"{row.path} is executed, there is nothing to read")
        await device.registered.wait()
        nodes = await device.read(row.path, once=True)
        for node in nodes or ():
            if (
                node.path == row.path
                and (number := row.number(node.value, device.units.get(_instance(row)))) is not None
            ):
                return number
        raise ProtocolError(f"{row.path}: the device does not say what it holds")

    async def _sent(self, device: Device, perform: Any) -> Any:
        """When it is registered and awake; Away when it went before: then it waits for the next registration."""
        while True:
            await device.registered.wait()
            try:
                return await self._around.book.ask(device.endpoint, perform)
            except Away:
                if device.registered.is_set():
                    raise


def _instance(row: Row) -> Path:
    return row.path._replace(resource_id=None)


def _accept(answer: Any, row: Row) -> None:
    if answer is None or answer.code in OTHER_FORMAT:
        raise DeviceRefused(f"{row.path}: the device takes none of our content formats")
    if not answer.code.is_successful():
        name = "not allowed" if answer.code is codes.METHOD_NOT_ALLOWED else answer.code.name
        raise DeviceRefused(f"{row.path}: {answer.code.dotted} {name}")
