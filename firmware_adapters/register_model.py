"""A device model made of register rows: what to ask, in the fewest requests, and what the answers mean. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from firmware_adapters.interpretation import Interpreted, interpreter
from firmware_adapters.rows import RegisterRow, Table

MAX_REGISTERS: Final = 125
MAX_BITS: Final = 2000
"""Per request: V1.1b3 §6.1-6.4."""
DEFAULT_GAP: Final = 8


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """One request: neighbouring rows of one table, in address order, holes between them allowed."""

    table: Table
    address: int
    count: int
    """Registers, or bits."""
    rows: tuple[RegisterRow, ...]
    interpret: Callable[[bytes], Interpreted] = field(compare=False, repr=False)
    """From the data bytes of the answer (2 * count, or (count + 7) // 8 of them) to the values, aligned with rows."""

    @classmethod
    def of(cls, rows: Iterable[RegisterRow]) -> "ReadBlock":
        """The smallest block that holds the rows, which are of one table and in address order."""
        kept = tuple(rows)
        address = kept[0].address
        return cls(kept[0].table, address, kept[-1].end - address, kept, interpreter(kept))


@dataclass(frozen=True, slots=True)
class RegisterModel:
    """What one vendor's model and firmware means by its registers.

    :raises ValueError: no rows, two rows for one series, or two rows that share a register.
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

    def __post_init__(self) -> None:
        if not self.rows:
            raise ValueError(f"{self.name}: no rows")
        seen: dict[str, RegisterRow] = {}
        for row in self.rows:
            if row.series in seen:
                raise ValueError(f"{self.name}: {row.series} comes twice; a channel tells them apart")
            seen[row.series] = row
        ordered = _ordered(self.rows)
        for row, following in pairwise(ordered):
            if row.table == following.table and following.address < row.end:
                raise ValueError(f"{self.name}: {row.series} and {following.series} share address {following.address}")

    @property
    def name(self) -> str:
        """``vendor/model``."""
        return f"{self.vendor}/{self.model}"

    def plan(self, limit: int = MAX_REGISTERS, gap: int | None = None) -> tuple[ReadBlock, ...]:
        """The fewest requests that bring every row.

        :param limit: registers per request, 4 (the widest kind) to 125; sixteen times as many bits, at most 2000.
        :param gap: how many unwanted registers a request may read over; None: the model's own.
        :raises ValueError: the limit is outside of its range.
        """
        if not 4 <= limit <= MAX_REGISTERS:
            raise ValueError(f"limit {limit}: expected 4 to {MAX_REGISTERS}")
        hole = self.gap if gap is None else gap
        blocks: list[list[RegisterRow]] = []
        for row in _ordered(self.rows):
            most = min(MAX_BITS, limit * 16) if row.kind == "bit" else limit
            last = blocks[-1] if blocks else None
            if (
                last is not None
                and last[0].table == row.table
                and row.address - last[-1].end <= hole
                and row.end - last[0].address <= most
            ):
                last.append(row)
            else:
                blocks.append([row])
        return tuple(ReadBlock.of(rows) for rows in blocks)


def split(block: ReadBlock) -> tuple[ReadBlock, ...]:
    """What to ask instead of a block that was refused (exception 02 or 03).

    The runs between its holes; a block without holes in two halves; nothing when it has one row, which the device
    then does not have.
    """
    if len(block.rows) == 1:
        return ()
    runs = [[block.rows[0]]]
    for row in block.rows[1:]:
        if row.address == runs[-1][-1].end:
            runs[-1].append(row)
        else:
            runs.append([row])
    if len(runs) == 1:
        middle = len(block.rows) // 2
        runs = [list(block.rows[:middle]), list(block.rows[middle:])]
    return tuple(ReadBlock.of(rows) for rows in runs)


def _ordered(rows: Iterable[RegisterRow]) -> list[RegisterRow]:
    return sorted(rows, key=lambda row: (row.table, row.address))
