"""The oracle: hands out ids, remembers what was acknowledged, and judges what came out of the API."""

import json
from dataclasses import asdict, dataclass, field


def value_of(number: int, series: int) -> float:
    """The content that belongs to an id: two decimals, different for every id and series."""
    return ((number * 7919 + series * 104_729) % 1_000_003) / 100


@dataclass
class Verdict:
    """The figures of a run; ``lost``, ``duplicates_stored`` and ``mismatches`` must be 0."""

    sent: int = 0
    acked: int = 0
    stored: int = 0
    lost: int = 0
    unacked_lost: int = 0
    """Sent, never acknowledged, and not stored: what no promise was given for."""
    duplicates_stored: int = 0
    mismatches: int = 0
    invented: int = 0
    duplicates_seen: int = 0
    resent: int = 0
    corrupt_skipped: int = 0
    torn: int = 0
    quarantined: int = 0
    conflicts: int = 0
    t_recover_s: float = 0.0
    """From the end of a fault to the first new acknowledgement; the longest."""
    t_drain_s: float = 0.0
    drain_rate: float = 0.0
    """Readings a second while the backlog was drained."""
    arrival_rate: float = 0.0
    peak_rss_mb: float = 0.0
    """Of the agent."""
    peak_spool_bytes: int = 0
    fsyncs: int = 0
    kills: int = 0
    notes: dict[str, object] = field(default_factory=dict)

    def told(self) -> str:
        return json.dumps(asdict(self))


@dataclass
class Oracle:
    """One producer's ids are 0, 1, 2, ...; an id's observed time and values are computed from it."""

    base_ms: int
    step_ms: int = 1000
    series: int = 3
    sent: int = 0
    acked: set[int] = field(default_factory=set)

    def issue(self) -> int:
        self.sent += 1
        return self.sent - 1

    def time_of(self, number: int) -> int:
        return self.base_ms + number * self.step_ms

    def judge(self, stored: list[list[tuple[int, float | None]]]) -> Verdict:
        """Compare with what each series of the API holds: (observed ms, value) lists."""
        verdict = Verdict(sent=self.sent * self.series, acked=len(self.acked) * self.series)
        for series, rows in enumerate(stored):
            seen: dict[int, float | None] = {}
            for time_ms, value in rows:
                if time_ms in seen:
                    verdict.duplicates_stored += 1
                seen[time_ms] = value
            verdict.stored += len(seen)
            for time_ms, value in seen.items():
                number, rest = divmod(time_ms - self.base_ms, self.step_ms)
                if rest or not 0 <= number < self.sent:
                    verdict.invented += 1
                elif value != value_of(number, series):
                    verdict.mismatches += 1
            missing = {number for number in range(self.sent) if self.time_of(number) not in seen}
            verdict.lost += len(missing & self.acked)
            verdict.unacked_lost += len(missing - self.acked)
        return verdict
