"""What an agent takes while a run lasts: its memory, its spool, its syncs; over all its lives."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.system.processes import Process


def peak_rss_mb(process: int) -> float:
    """The most that a process has had in memory so far; 0 when it is gone."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        return 0.0


@dataclass
class Gauges:
    """Looks at one agent's process and status file."""

    edge: Process
    status: Path
    peak_rss_mb: float = 0.0
    peak_spool_bytes: int = 0
    _counts: dict[int, dict[str, int]] = field(default_factory=dict)

    def look(self) -> dict[str, Any]:
        """The status as it is now; empty while there is none."""
        if self.edge.running is not None:
            self.peak_rss_mb = max(self.peak_rss_mb, peak_rss_mb(self.edge.running.pid))
        try:
            status: dict[str, Any] = json.loads(self.status.read_text())
        except (OSError, ValueError):
            return {}
        self.peak_spool_bytes = max(self.peak_spool_bytes, status["spool"]["bytes"])
        self._counts[status["epoch"]] = {name: status["spool"][name] for name in ("syncs", "torn", "corrupt_skipped")}
        return status

    def total(self, name: str) -> int:
        """As far as the lives told of it before they ended."""
        return sum(counts[name] for counts in self._counts.values())

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(0.5)
