"""A device model made of register rows: what to ask, in the fewest requests, and what the answers mean. Pure."""

from dataclasses import dataclass
from typing import Final

from firmware_adapters.rows import RegisterRow
from protocols.modbus.pdu import MAX_BITS, MAX_REGISTERS
from protocols.modbus.plan import Limits, Plan, Readable, plan_of

DEFAULT_GAP: Final = 8
WIDEST: Final = 4
"""Registers of the widest kind: no request may be allowed fewer."""


@dataclass(frozen=True, slots=True)
class RegisterModel:
    """What one vendor's model and firmware means by its registers.

    :raises ValueError: no rows, two rows for one series, or two rows that share a register; fields of bits may.
    """

    vendor: str
    model: str
    firmware: str
    """Which versions the rows hold for."""
    source: str
    """Where the map is from: document, captured frames."""
    rows: tuple[RegisterRow, ...]
    gap: int = DEFAULT_GAP
    """How many unwanted registers a request may read over; 0 where the device minds."""
    readable: tuple[Readable, ...] = ()
    """Blocks that the map declares readable in one piece; none: holes up to the gap are tried everywhere."""
    note: str = ""
    """What an engineer should know of it: that nobody documented the device's firmware."""

    def __post_init__(self) -> None:
        if not self.rows:
            raise ValueError(f"{self.name}: no rows")
        seen: dict[str, RegisterRow] = {}
        for row in self.rows:
            if row.series in seen:
                raise ValueError(f"{self.name}: {row.series} comes twice; a channel tells them apart")
            seen[row.series] = row
        farthest: RegisterRow | None = None
        for row in sorted(self.rows, key=lambda row: (row.table, row.address, row.end)):
            before, farthest = farthest, row
            if before is None or before.table != row.table or before.end <= row.address:
                continue
            if before.kind != "bits" or row.kind != "bits":
                raise ValueError(f"{self.name}: {before.series} and {row.series} share address {row.address}")
            farthest = max(before, row, key=lambda row: row.end)

    @property
    def name(self) -> str:
        """``vendor/model``."""
        return f"{self.vendor}/{self.model}"

    def plan(self, limit: int = MAX_REGISTERS, gap: int | None = None) -> Plan[RegisterRow]:
        """The fewest requests that bring every row; what the answers mean, ``interpreter`` tells.

        :param limit: registers per request, 4 (the widest kind) to 125; sixteen times as many bits, at most 2000.
        :param gap: how many unwanted registers a request may read over; None: the model's own.
        :raises ValueError: the limit is outside of its range.
        """
        if not WIDEST <= limit <= MAX_REGISTERS:
            raise ValueError(f"limit {limit}: expected {WIDEST} to {MAX_REGISTERS}")
        hole = self.gap if gap is None else gap
        return plan_of(self.rows, Limits(limit, min(MAX_BITS, limit * 16), hole, self.readable))
