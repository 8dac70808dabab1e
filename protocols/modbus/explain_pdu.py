"""The bytes of a PDU, field by field, as far as they go: V1.1b3 §6 and §7."""

from typing import Final

from protocols.fields import FieldReader
from protocols.modbus import explain_device, explain_registers
from protocols.modbus.explain_registers import Rows, number
from protocols.modbus.pdu import EXCEPTION, EXCEPTIONS, Direction

FUNCTIONS: Final = {
    1: "read coils",
    2: "read discrete inputs",
    3: "read holding registers",
    4: "read input registers",
    5: "write one coil",
    6: "write one register",
    7: "read exception status",
    8: "diagnostics",
    11: "get event counter",
    12: "get event log",
    15: "write coils",
    16: "write registers",
    17: "report server id",
    20: "read file records",
    21: "write file records",
    22: "mask write register",
    23: "read and write registers",
    24: "read FIFO queue",
    43: "encapsulated interface",
}


_ROWS: Final[dict[Direction, dict[int, Rows]]] = {
    "request": explain_registers.REQUESTS | explain_device.REQUESTS,
    "response": explain_registers.RESPONSES | explain_device.RESPONSES,
}


def explain_pdu(reader: FieldReader, direction: Direction, start: int | None = None) -> None:
    """Name the function and what follows it; what does not belong to it stays without a name.

    :param start: the first address that a read answer brings; None: it is not known.
    """
    code = reader.peek(1)
    if not code:
        return
    function = code[0] & ~EXCEPTION
    name = FUNCTIONS.get(function, "not one of the standard's that are read here")
    if code[0] & EXCEPTION and direction == "response":
        reader.take(1, "function", f"exception to {function}, {name}")
        number(reader, 1, "exception code", lambda said: f"{said}: {EXCEPTIONS.get(said, 'not listed')}")
        return
    reader.take(1, "function", f"{code[0]}: {name}" + (f", {direction}" if function in FUNCTIONS else ""))
    rows = _ROWS[direction].get(code[0])
    if rows is None:
        reader.take(reader.left, "data")
    else:
        rows(reader, start)
