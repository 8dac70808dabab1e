"""A port of our own that somebody else may have: the log is told once, and again when it is had."""

import logging
import os
from collections import Counter
from typing import Final, Literal

log = logging.getLogger(__name__)

NOT_HAD: Final = "port_not_had"


class PortClaim:
    """Counts each try that fails.

    :param counters: of the link that wants to listen there.
    """

    def __init__(self, transport: Literal["TCP", "UDP"], host: str, port: int, counters: Counter[str]) -> None:
        self.trouble = ""
        """Why it is not had; empty: nobody tried yet, or it is."""
        self._name = f"{transport} {host}:{port}"
        self._counters = counters

    def refused(self, error: OSError) -> None:
        """The system does not give it."""
        self._counters[NOT_HAD] += 1
        new = not self.trouble
        number = error.errno or 0
        words = os.strerror(number) if number > 0 else error.strerror or error  # asyncio's own are longer
        self.trouble = f"{self._name} not had: {words}"
        if new:
            log.warning("%s; it is tried again until it is", self.trouble)

    def had(self) -> None:
        """We listen there."""
        if self.trouble:
            log.info("%s is had at last", self._name)
        self.trouble = ""
