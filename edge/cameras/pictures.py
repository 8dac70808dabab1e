"""The pictures of a gateway's cameras: kept, sent, deleted in time."""

import asyncio
from pathlib import Path
from typing import Any, Final

from edge.cameras.album import Album
from edge.cameras.courier import Courier, Errand
from edge.cameras.http import Server
from edge.cameras.pictures_config import Pictures as PicturesConfig
from edge.uplink.session import Line
from protocols.vocabulary import Clock

FOLDER: Final = "pictures"
_SWEEP_S: Final = 600.0


class Pictures:
    """``open``, then ``run`` until cancelled.

    :param line: whose key signs.
    """

    def __init__(self, config: PicturesConfig, gateway: str, line: Line, data: Path, clock: Clock) -> None:
        self.album = Album(
            data / FOLDER, clock, max_bytes=config.max_bytes, max_age_ms=round(config.max_age_h * 3_600_000)
        )
        self._config = config
        self._gateway = gateway
        self._line = line
        self._clock = clock
        self._courier: Courier | None = None

    def open(self) -> None:
        """Find what is there, and read the certificates.

        :raises ConfigError: they cannot be read.
        """
        self.album.open()
        config = self._config
        if config.url is not None:
            errand = Errand(
                Server.of(config.url, config.ca_file),
                self._gateway,
                self._line.hmac_key,
                self._line.key_id,
                config.piece_bytes,
                config.rate_bytes_per_s,
                config.timeout_s,
            )
            self._courier = Courier(errand, self.album, self._clock)

    async def run(self) -> None:
        """Send what is wanted, and delete what is too old."""
        async with asyncio.TaskGroup() as group:
            if self._courier is not None:
                group.create_task(self._courier.run())
            while True:
                await self._clock.sleep(_SWEEP_S)
                self.album.expire()

    def status(self) -> dict[str, Any]:
        """For ``edge status``."""
        kept, wanted = self.album.counted
        return {
            "kept": kept,
            "waiting": wanted,
            "bytes": self.album.size,
            "max_bytes": self._config.max_bytes,
            "counts": dict(self.album.counts),
            "sending": dict(self._courier.counts) if self._courier else None,
        }
