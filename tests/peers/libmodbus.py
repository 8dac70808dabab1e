"""A Modbus device in C on libmodbus: how it is built, what it holds, and how our configuration tells of that."""

from pathlib import Path

from tests.peers.programs import Talker, run

SOURCE = Path(__file__).with_name("modbus_device.c")
UNIT = 7


def register(address: int) -> int:
    """What the device's holding register has at the start."""
    return 1000 + 7 * address


def row(table: str, address: int, kind: str = "u16", **more) -> dict:
    observed = {"coil": "relay", "discrete": "door", "holding": "x", "input": "y"}[table]
    return {"observed": observed, "channel": str(address), "address": address, "table": table, "kind": kind, **more}


TABLES = [
    *(row("coil", at, "bit") for at in (0, 1, 3, 14, 15, 16, 2099)),
    *(row("discrete", at, "bit") for at in (0, 1, 4, 5, 10, 2099)),
    *(row("holding", at) for at in (0, 1, 7, 130, 299)),
    *(row("holding", 200 + 2 * at, "f32", order=order) for at, order in enumerate(("ABCD", "CDAB", "BADC", "DCBA"))),
    row("holding", 208, "s32", divisor=1000),
    *(row("input", at) for at in (0, 9, 153)),
    row("input", 100, "s16"),
    row("input", 298, "u32"),
]
INPUT = {at: 50_000 + 101 * at & 0xFFFF for at in (0, 9, 100, 153, 298, 299)}
TRUTH = {
    **{f"relay/{at}": float(at % 3 == 0) for at in (0, 1, 3, 14, 15, 16, 2099)},
    **{f"door/{at}": float(at % 5 == 0) for at in (0, 1, 4, 5, 10, 2099)},
    **{f"x/{at}": float(register(at)) for at in (0, 1, 7, 130, 299)},
    **{f"x/{at}": -12.375 for at in (200, 202, 204, 206)},
    "x/208": -123_456.789,
    **{f"y/{at}": float(INPUT[at]) for at in (0, 9, 153)},
    "y/100": INPUT[100] - 65_536.0,
    "y/298": float(INPUT[298] << 16 | INPUT[299]),
}

WRITES = [
    (row("coil", 5, "bit", writable=True), 1.0, "asked 5 5 1", ("0", 5, ("1",))),
    (row("coil", 6, "bit", writable=True), 0.0, "asked 5 6 1", ("0", 6, ("0",))),
    (row("holding", 3, divisor=10, writable=True), 21.4, "asked 6 3 1", ("4", 3, ("214",))),
    (row("holding", 4, "s16", writable=True), -3.0, "asked 6 4 1", ("4", 4, ("65533",))),
    (row("holding", 20, "s32", divisor=1000, writable=True), -1.234, "asked 16 20 2", ("4", 20, ("65535", "64302"))),
    (row("holding", 22, "f32", order="CDAB", writable=True), -10.5, "asked 16 22 2", ("4", 22, ("0", "49448"))),
]
"""Row, value, how the device tells of the question, and table, first address and words that it holds then."""


def built(folder: Path) -> Path:
    """The program, compiled there."""
    binary = folder / "modbus_device"
    done = run("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(binary), str(SOURCE), "-lmodbus", patience_s=60)
    assert done.returncode == 0, done.stderr
    return binary


def device(*rows: dict, **more) -> dict:
    return {"neuron": "serial:C1", "unit": UNIT, "period_s": 1.0, "rows": rows, **more}


def asked(device: Talker) -> list[tuple[int, int, int]]:
    """Function, address and count of each question, once the device has ended."""
    return [tuple(map(int, line.split()[1:])) for line in device.end() if line.startswith("asked")]
