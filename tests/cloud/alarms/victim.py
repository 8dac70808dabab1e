"""A process with alarms in it, to be killed: ``python -m tests.cloud.alarms.victim FOLDER ALLOWED``.

Takes commits on its standard input, one JSON list of [datastream, time, value] a line, and says ``.`` for each; the
first line is what the store holds at the start.
"""

import asyncio
import json
import sys
from pathlib import Path

from cloud.alarms.target import Targets
from cloud.alarms.watch import Alarms
from cloud.ingest.latest import Latest
from cloud.registry.database import Database
from cloud.registry.directory import Directory
from cloud.secrets import Secrets
from protocols.vocabulary import SystemClock
from tests.cloud.alarms.readings import columns
from tests.cloud.registry.place import registry_url


async def feed(lines: asyncio.StreamReader, latest: Latest, alarms: Alarms) -> None:
    while line := await lines.readline():
        block = columns(*json.loads(line))
        latest.take(block)
        alarms.watch(block)
        print(".", flush=True)


async def main(folder: Path, allowed: str) -> None:
    lines, latest = asyncio.StreamReader(), Latest()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    latest.take(columns(*json.loads(await lines.readline())))
    with Database(registry_url(folder)) as database:
        secrets = Secrets.open(folder / "secrets")
        alarms = Alarms(database, Directory(database), latest, secrets, SystemClock(), Targets((allowed,)))
        async with asyncio.TaskGroup() as group:
            group.create_task(alarms.run())
            await feed(lines, latest, alarms)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
