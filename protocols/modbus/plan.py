"""Which requests bring a device's rows, in the fewest, and what its refusals teach (V1.1b3 §6.1-6.4, §7). Pure.

A request is good when it is no longer than the limit, reads over no hole wider than the gap and stays inside one
declared block. Whatever holds for a run of neighbours holds for a shorter run of them too, so the request that begins
at the first row may as well take all it can: any other plan that covers the first row leaves at least as much to the
rest. That is why going from left to right gives the fewest requests (tests/protocols/modbus/test_plan.py tries all).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Generic, Literal, NamedTuple, Protocol, TypeVar

from protocols.modbus.pdu import MAX_BITS, MAX_REGISTERS

Table = Literal["holding", "input", "coil", "discrete"]

ILLEGAL_FUNCTION: Final = 1
ILLEGAL_ADDRESS: Final = 2
ILLEGAL_VALUE: Final = 3
LEARNED: Final = frozenset({ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE})
"""Exceptions that say something about the question; the others are about the moment."""


class Row(Protocol):
    """What a plan must know of a row: neighbouring registers or bits that mean something together."""

    @property
    def table(self) -> Table: ...
    @property
    def address(self) -> int: ...
    @property
    def end(self) -> int:
        """The address behind its last register or bit."""
        ...


R = TypeVar("R", bound=Row)


class Readable(NamedTuple):
    """Addresses that the maker declares to be readable in one piece, holes and all."""

    table: Table
    start: int
    end: int
    """The address behind the last."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may be.

    :raises ValueError: more than the standard allows, or nothing.
    """

    registers: int = MAX_REGISTERS
    bits: int = MAX_BITS
    gap: int = 0
    """How many registers or bits that nobody wants a request may read over in one place."""
    readable: tuple[Readable, ...] = ()
    """When any are declared, a hole is read over inside of one of them only, and no request crosses a border."""

    def __post_init__(self) -> None:
        for name, value, most in (("registers", self.registers, MAX_REGISTERS), ("bits", self.bits, MAX_BITS)):
            if not 1 <= value <= most:
                raise ValueError(f"{name} {value}: expected 1 to {most}")
        if self.gap < 0:
            raise ValueError(f"gap {self.gap}: expected 0 or more")

    def most(self, table: Table) -> int:
        """Registers or bits of one request to a table."""
        return self.bits if table in ("coil", "discrete") else self.registers

    def join(self, before: "Block[R]", after: "Block[R]") -> bool:
        """Whether two neighbours may be one request."""
        hole = after.address - before.end
        if before.table != after.table or hole > self.gap:
            return False
        if max(before.end, after.end) - before.address > self.most(before.table):
            return False
        if not self.readable or hole < 0:
            return True
        home = self._home(before)
        return home == self._home(after) and (home is not None or hole == 0)

    def _home(self, block: "Block[R]") -> Readable | None:
        for piece in self.readable:
            if piece.table == block.table and piece.start <= block.address and block.end <= piece.end:
                return piece
        return None


@dataclass(frozen=True, slots=True)
class Block(Generic[R]):
    """One request: neighbouring rows of one table, in address order, perhaps with holes, perhaps sharing registers."""

    table: Table
    address: int
    count: int
    """Registers, or bits."""
    rows: tuple[R, ...]

    @classmethod
    def of(cls, rows: Sequence[R]) -> "Block[R]":
        """The smallest block that holds the rows, which are of one table and in address order."""
        address = rows[0].address
        return cls(rows[0].table, address, max(row.end for row in rows) - address, tuple(rows))

    @property
    def end(self) -> int:
        """The address behind its last register."""
        return self.address + self.count

    def cuts(self) -> list[tuple[int, int, int]]:
        """Where it can be cut without cutting a row: (rows before, address where they end, address of the next)."""
        found, end = [], self.address
        for index, row in enumerate(self.rows):
            if index and row.address >= end:
                found.append((index, end, row.address))
            end = max(end, row.end)
        return found

    def holes(self) -> list[tuple[int, int]]:
        """(start, end) of what is read and wanted by nobody."""
        return [(end, start) for _, end, start in self.cuts() if start > end]

    def covers(self, row: R) -> bool:
        """Whether it reads any part of the row."""
        return self.table == row.table and self.address < row.end and row.address < self.end


class Refused(NamedTuple, Generic[R]):
    """A request that the device did not serve."""

    block: Block[R]
    code: int


@dataclass(frozen=True, slots=True)
class Plan(Generic[R]):
    """What to ask of one device, and what it is known not to have."""

    limits: Limits
    blocks: tuple[Block[R], ...]
    refused: tuple[Refused[R], ...] = ()
    """Every request that was refused since the plan was made or what it knew was forgotten."""
    absent: tuple[R, ...] = ()
    """Rows that were refused alone: the device does not have them. Nobody asks for them any more."""


def plan_of(rows: Iterable[R], limits: Limits) -> Plan[R]:
    """The fewest requests that bring every row, none of which is cut in two; tables in alphabetical order.

    :raises ValueError: a row is wider than one request.
    """
    ordered = sorted(rows, key=lambda row: (row.table, row.address, row.end))
    for row in ordered:
        if row.end - row.address > limits.most(row.table):
            raise ValueError(
                f"{row.table} {row.address}: {row.end - row.address} at once, {limits.most(row.table)} are allowed"
            )
    return Plan(limits, _joined([Block.of([row]) for row in ordered], limits, Known()))


class Known(NamedTuple):
    """What the refusals say about requests that were not sent yet."""

    barred: frozenset[tuple[Table, int, int]] = frozenset()
    """(table, start, end) that no request may read over."""
    fewer_than: tuple[tuple[Table, int], ...] = ()
    """(table, count): so many at once were refused, for no other reason than that they were so many."""

    def allow(self, block: Block[R]) -> bool:
        """Whether nothing speaks against this request."""
        return all(block.count < count for table, count in self.fewer_than if table == block.table) and not any(
            block.table == table and block.address < end and start < block.end for table, start, end in self.barred
        )


def _joined(blocks: Sequence[Block[R]], limits: Limits, known: Known) -> tuple[Block[R], ...]:
    """Neighbours put together as long as they may be, from left to right."""
    joined: list[Block[R]] = []
    for block in blocks:
        if joined and limits.join(joined[-1], block):
            both = Block.of(joined[-1].rows + block.rows)
            if known.allow(both):
                joined[-1] = both
                continue
        joined.append(block)
    return tuple(joined)


def learn(plan: Plan[R], block: Block[R], code: int) -> Plan[R]:
    """The plan after the device answered a request with an exception; what came before the block stays in its place.

    Exception 01: it does not know the function, so it has none of the rows. 02: a hole or a row is not there; the runs
    between the holes are asked instead, and a run without holes in two halves. 03: too many at once; two halves. What
    cannot be cut any more is known not to exist (``absent``). Other exceptions teach nothing: the same plan.

    :raises ValueError: the plan has no such block.
    """
    if code not in LEARNED:
        return plan
    at = plan.blocks.index(block)
    parts = _parts(block, code)
    return replace(
        plan,
        blocks=plan.blocks[:at] + parts + plan.blocks[at + 1 :],
        refused=(*plan.refused, Refused(block, code)),
        absent=plan.absent if parts else plan.absent + block.rows,
    )


def settle(plan: Plan[R]) -> Plan[R]:
    """After a round: put together again what was taken apart only to find the row that is absent.

    A refusal is explained by an absent row in it, else (02) by its holes, else by its length. So a row in the middle of
    a long block that the device does not have costs one more request, and not one for each halving.
    """
    return replace(plan, blocks=_joined(plan.blocks, plan.limits, _known(plan)))


def forget(plan: Plan[R]) -> Plan[R]:
    """The first plan again: a device that was starting up, or has a new firmware, may have today what it refused."""
    rows = [row for block in plan.blocks for row in block.rows]
    return plan_of([*rows, *plan.absent], plan.limits)


def _known(plan: Plan[R]) -> Known:
    barred: set[tuple[Table, int, int]] = {(row.table, row.address, row.end) for row in plan.absent}
    fewer: list[tuple[Table, int]] = []
    for block, code in plan.refused:
        if any(block.covers(row) for row in plan.absent):
            continue
        holes = block.holes() if code == ILLEGAL_ADDRESS else []
        barred.update((block.table, start, end) for start, end in holes)
        if not holes:
            fewer.append((block.table, block.count))
    return Known(frozenset(barred), tuple(fewer))


def _parts(block: Block[R], code: int) -> tuple[Block[R], ...]:
    cuts = block.cuts()
    if code == ILLEGAL_FUNCTION or not cuts:
        return ()
    at = [index for index, end, start in cuts if start > end]
    if code == ILLEGAL_VALUE or not at:
        middle = 2 * block.address + block.count
        at = [min(cuts, key=lambda cut: abs(cut[1] + cut[2] - middle))[0]]
    places = [0, *at, len(block.rows)]
    return tuple(Block.of(block.rows[start:end]) for start, end in pairwise(places))
