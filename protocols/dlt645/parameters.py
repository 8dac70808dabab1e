"""Parameters (DI3 = 04) of DL/T 645-2007: clock, counts of tables, identities, status words."""

from typing import Final

from protocols.dlt645.item import Format, Item, digits, number, single, stamp, text, word

_NN = "NN"
_COEFFICIENTS: Final = ("conductance", "susceptance", "resistance", "reactance")
MAX_DAY_TABLE: Final = 8
MAX_ROW: Final = 254
OPEN: Final = Format("bytes", 0)

_ROWS: Final[dict[int, tuple[str, Format]]] = {
    0x000101: ("date and weekday", stamp("YYMMDDWW")),
    0x000102: ("time", stamp("hhmmss")),
    0x000103: ("maximum demand period", number(_NN, "min")),
    0x000104: ("demand slip time", number(_NN, "min")),
    0x000105: ("pulse width", number("NNNN", "ms")),
    0x000106: ("year zone table switch time", stamp("YYMMDDhhmm")),
    0x000107: ("day slot table switch time", stamp("YYMMDDhhmm")),
    0x00010C: ("date, weekday and time", stamp("YYMMDDWWhhmmss")),
    0x000201: ("year zones", number(_NN)),
    0x000202: ("day slot tables", number(_NN)),
    0x000203: ("day slots", number(_NN)),
    0x000204: ("tariffs", number(_NN)),
    0x000205: ("holidays", number("NNNN")),
    0x000206: ("harmonics analysed", number(_NN)),
    0x000301: ("screens of automatic display", number(_NN)),
    0x000302: ("seconds per screen", number(_NN, "s")),
    0x000303: ("decimals of energy shown", number(_NN)),
    0x000304: ("decimals of power shown", number(_NN)),
    0x000305: ("screens of key display", number(_NN)),
    0x000306: ("current transformer ratio", number("NNNNNN")),
    0x000307: ("voltage transformer ratio", number("NNNNNN")),
    0x000401: ("address", digits(6)),
    0x000402: ("meter number", digits(6)),
    0x000403: ("asset code", text(32)),
    0x000404: ("rated voltage", text(6)),
    0x000405: ("rated current", text(6)),
    0x000406: ("maximum current", text(6)),
    0x000407: ("active accuracy class", text(4)),
    0x000408: ("reactive accuracy class", text(4)),
    0x000409: ("active meter constant", number("XXXXXX", "imp/kWh")),
    0x00040A: ("reactive meter constant", number("XXXXXX", "imp/kvarh")),
    0x00040B: ("meter model", text(10)),
    0x00040C: ("production date", text(10)),
    0x00040D: ("protocol version", text(16)),
    0x00040E: ("customer number", digits(6)),
    **{0x000500 + n: (f"meter status word {n}", word(2)) for n in range(1, 8)},
    0x000601: ("active combination word", word()),
    0x000602: ("reactive combination 1 word", word()),
    0x000603: ("reactive combination 2 word", word()),
    **{0x000700 + n: (f"baud rate word, port {n}", word()) for n in range(1, 6)},
    0x000801: ("weekend word", word()),
    0x000802: ("weekend day slot table", number(_NN)),
    0x000901: ("load record mode word", word()),
    0x000902: ("freeze mode word", word()),
    0x000A01: ("load record start", stamp("MMDDhhmm")),
    **{0x000A01 + n: (f"load record interval {n}", number("NNNN", "min")) for n in range(1, 7)},
    **{0x000B00 + n: (f"settlement day {n}", stamp("DDhh")) for n in range(1, 4)},
    **{0x000C01 + level: (f"password, level {level}", digits(4)) for level in range(10)},
    **{
        0x000D01 + at: (f"phase {name} coefficient", number("N.NNN"))
        for at, name in enumerate(f"{phase} {which}" for phase in "ABC" for which in _COEFFICIENTS)
    },
    0x000E01: ("forward active power limit", number("NN.NNNN", "kW")),
    0x000E02: ("reverse active power limit", number("NN.NNNN", "kW")),
    0x000E03: ("upper voltage limit", number("NNN.N", "V")),
    0x000E04: ("lower voltage limit", number("NNN.N", "V")),
    0x800001: ("software version", text(32)),
    0x800002: ("hardware version", text(32)),
    0x800003: ("manufacturer code", text(32)),
}
"""DI2 DI1 DI0. Widths of 04000404..0D are those of the catalogue; meters send others, which are carried as bytes."""

_ITEMS: Final = {key: single(name, form) for key, (name, form) in _ROWS.items()}


_SETS: Final = {0x01: "first", 0x02: "second"}
_DISPLAYS: Final = {0x01: "automatic", 0x02: "key"}


def parameter(di2: int, di1: int, di0: int) -> Item | None:
    """The item of 04 DI2 DI1 DI0; tables are named and carried as they came."""
    listed = _ITEMS.get(di2 << 16 | di1 << 8 | di0)
    if listed is not None:
        return listed
    if di2 in _SETS and not di1 and di0 <= MAX_DAY_TABLE:
        table = f"day slot table {di0}" if di0 else "year zone table"
        return single(f"{_SETS[di2]} set, {table}", OPEN)
    if di2 == 0x03 and not di1 and 1 <= di0 <= MAX_ROW:
        return single(f"holiday {di0}", digits(4))
    if di2 == 0x04 and di1 in _DISPLAYS and 1 <= di0 <= MAX_ROW:
        return single(f"{_DISPLAYS[di1]} display {di0}", OPEN)
    return None
