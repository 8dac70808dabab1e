"""What is wanted of a device: a resource is written, executed or read as soon as the device can be reached."""

from collections.abc import Mapping
from typing import Any

from aiocoap.numbers import codes

from edge.commands.actuator import Unfit
from edge.lwm2m import payload
from edge.lwm2m.book import Away
from edge.lwm2m.device import Device, Surroundings
from edge.lwm2m.dialect import OTHER_FORMAT
from edge.lwm2m.rows import Row
from protocols.lwm2m import Path, Value
from protocols.vocabulary import DeviceRefused, LinkDown, ProtocolError


class Orders:
    """Commands for the devices of a link; none is sent twice, and none after its owner went away."""

    def __init__(self, devices: Mapping[str, Device], around: Surroundings) -> None:
        self._devices = devices
        self._around = around

    def fit(self, source: str, observed: str, channel: str, value: float) -> float | None:
        """See edge.commands.actuator.Actuator, as ``write`` and ``read``."""
        found = self._find(source, observed, channel)
        return None if found is None else found[1].setting(value)[1]

    def sleeps(self, source: str) -> bool:
        """Whether the device is away, or in queue mode: a command then waits until it is heard."""
        device = self._of_source(source)
        if device is None:
            return False
        registration = self._around.book.registration(device.endpoint)
        return registration is None or registration.queue_mode

    async def write(self, source: str, observed: str, channel: str, value: float) -> float:
        """Write once, and ask what it holds. When no answer comes to the write, what the device says counts."""
        device, row = self._known(source, observed, channel)
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
        return await self._held(device, row)

    async def read(self, source: str, observed: str, channel: str) -> float:
        """Ask what it holds."""
        return await self._held(*self._known(source, observed, channel))

    def _of_source(self, source: str) -> Device | None:
        return next((one for one in self._devices.values() if one.record.source == source), None)

    def _find(self, source: str, observed: str, channel: str) -> tuple[Device, Row] | None:
        """Device and resource of a point; also of a device that is away, by what it had."""
        device = self._of_source(source)
        if device is None:
            return None
        for rows in (device.known.values(), device.rows.configured()):
            found = [row for row in rows if (row.observed, row.channel) == (observed, channel)]
            if found:
                return device, next((row for row in found if row.writable or row.execute), found[0])
        return None

    def _known(self, source: str, observed: str, channel: str) -> tuple[Device, Row]:
        found = self._find(source, observed, channel)
        if found is None:
            raise Unfit(f"{source}/{observed}: no device of this link has it")
        return found

    async def _put(self, device: Device, row: Row, wanted: Value) -> None:
        """In the first format that the device takes."""
        answer: Any = None
        for content_format in device.dialect.written:
            data = payload.write(row.path, wanted, row.type, content_format)
            perform = self._around.requests.write(device.root, row.path, content_format, data)
            answer = await self._sent(device, perform)
            if answer.code not in OTHER_FORMAT:
                device.dialect.takes(content_format)
                break
        _accept(answer, row)

    async def _held(self, device: Device, row: Row) -> float:
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
