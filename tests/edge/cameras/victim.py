"""A process that brings pictures slowly, to be killed: album, url, key, key id."""

import asyncio
import sys
from pathlib import Path

from edge.cameras.album import Album
from edge.cameras.courier import Courier, Errand
from edge.cameras.http import Server
from protocols.vocabulary import SystemClock


async def main() -> None:
    folder, url, key, key_id = sys.argv[1:]
    clock = SystemClock()
    album = Album(Path(folder), clock, max_bytes=10**7, max_age_ms=86_400_000)
    album.open()
    print("ready", flush=True)
    errand = Errand(Server.of(url), "gw-1", bytes.fromhex(key), int(key_id), 3000, 60_000)
    await Courier(errand, album, clock).run()


asyncio.run(main())
