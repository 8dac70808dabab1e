"""What two registers of a device may mean: read a few times, every kind and order weighed."""

from collections.abc import Callable
from struct import unpack
from typing import NamedTuple

from edge.links.modbus_port import DeviceSilent, ModbusPort, ModbusRefused
from protocols.modbus.likelihood import Verdict, weigh
from protocols.modbus.plan import Table
from protocols.vocabulary import Clock, YingzhouError


class Place(NamedTuple):
    """Where the registers are."""

    unit: int
    table: Table
    address: int
    """Of the first one, from 0."""


class Probed(NamedTuple):
    """What came, and what it may be."""

    answers: tuple[tuple[int, int], ...]
    """The two registers of each answer, the oldest first."""
    verdict: Verdict
    single: bool
    """The device has no second register there: only numbers of 16 bits are weighed."""


async def probed(  # noqa: PLR0913 - what an engineer can say
    port: ModbusPort,
    place: Place,
    clock: Clock,
    times: int = 3,
    pause_s: float = 1.0,
    expected: float | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Probed:
    """Read the two registers, and weigh them.

    :param expected: what the device shows at this moment.
    :raises YingzhouError: the device does not answer, or has no such register; LinkDown: the line is not to be had.
    """
    await port.open()
    answers: list[tuple[int, int]] = []
    single = False
    for turn in range(times):
        if turn:
            await clock.sleep(pause_s)
        progress(f"reading {turn + 1} of {times}")
        try:
            data = await port.read(place.unit, place.table, place.address, 1 if single else 2)
        except DeviceSilent as silence:
            raise YingzhouError(f"unit {place.unit}: {silence}; yingzhou edge scan finds who answers") from None
        except ModbusRefused as refused:
            if single or turn:
                raise YingzhouError(_no(place, refused.code)) from None
            single = True
            data = await _alone(port, place)
        first, second = unpack(">HH", data.ljust(4, b"\0"))
        answers.append((first, second))
    verdict = weigh(answers, expected)
    if single:
        verdict = verdict._replace(readings=tuple(one for one in verdict.readings if one.kind[1:] == "16"))
    return Probed(tuple(answers), verdict, single)


async def _alone(port: ModbusPort, place: Place) -> bytes:
    """The register may be the last one."""
    try:
        return await port.read(place.unit, place.table, place.address, 1)
    except ModbusRefused as refused:
        raise YingzhouError(_no(place, refused.code)) from None


def _no(place: Place, code: int) -> str:
    meaning = {1: "it does not know this function; try the other table", 2: "it has no such register"}.get(code)
    told = f" ({meaning})" if meaning else ""
    return f"unit {place.unit}: {place.table} register {place.address}: exception {code:02X}{told}"
