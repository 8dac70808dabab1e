import asyncio
from contextlib import suppress

import pytest

from yingzhou.cable import Cable


async def _echo(reader, writer):
    with suppress(ConnectionError):
        while data := await reader.read(100):
            writer.write(data)
    writer.close()


async def _all_done():
    while asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.sleep(0)


async def test_a_cable_is_whole_is_cut_and_is_mended():
    far = await asyncio.start_server(_echo, "127.0.0.1", 0)
    async with far, Cable(far.sockets[0].getsockname()[1]) as cable, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", cable.port)
        writer.write(b"there")
        assert await reader.readexactly(5) == b"there"
        cable.cut()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1)
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", cable.port)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1)
        writer.close()
        cable.mend()
        reader, writer = await asyncio.open_connection("127.0.0.1", cable.port)
        writer.write(b"again")
        assert await reader.readexactly(5) == b"again"
        writer.close()
    await _all_done()


async def test_a_cable_to_nowhere_hangs_up():
    async with await asyncio.start_server(_echo, "127.0.0.1", 0) as far:
        port = far.sockets[0].getsockname()[1]
    async with Cable(port) as cable, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", cable.port)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1)
        writer.close()
