import pytest

from protocols.dlt645.items import item_of, members, name_of


@pytest.mark.parametrize(
    ("di", "name", "width", "unit", "signed"),
    [
        (0x00000000, "combined active energy total", 4, "kWh", True),
        (0x00010000, "forward active energy total", 4, "kWh", False),
        (0x00010300, "forward active energy tariff 3", 4, "kWh", False),
        (0x00013F0C, "forward active energy tariff 63, settlement 12 back", 4, "kWh", False),
        (0x00030000, "combined reactive 1 total", 4, "kvarh", True),
        (0x00080001, "quadrant 4 reactive total, settlement 1 back", 4, "kvarh", False),
        (0x000A0000, "reverse apparent energy total", 4, "kVAh", False),
        (0x00150000, "phase A forward active energy", 4, "kWh", False),
        (0x002A0000, "phase B reverse active energy", 4, "kWh", False),
        (0x00440000, "phase C quadrant 4 reactive", 4, "kvarh", False),
        (0x00800000, "associated energy", 4, "kWh", False),
        (0x00BC0000, "phase C associated energy", 4, "kWh", False),
        (0x00900200, "remaining money", 4, "CNY", False),
        (0x02010100, "phase A voltage", 2, "V", False),
        (0x02020300, "phase C current", 3, "A", True),
        (0x02030000, "total active power", 3, "kW", True),
        (0x02040200, "phase B reactive power", 3, "kvar", True),
        (0x02050000, "total apparent power", 3, "kVA", True),
        (0x02060000, "total power factor", 2, "", True),
        (0x02070100, "phase A phase angle", 2, "°", False),
        (0x020A0115, "phase A voltage harmonic 21", 2, "%", False),
        (0x02800001, "neutral current", 3, "A", True),
        (0x02800002, "frequency", 2, "Hz", False),
        (0x02800007, "meter temperature", 2, "Cel", True),
        (0x0280000A, "battery working time", 4, "min", False),
        (0x03110000, "power failure count", 3, "", False),
        (0x03300D00, "meter cover opening count", 3, "", False),
        (0x1D000001, "trip count", 3, "", False),
    ],
)
def test_items_of_2007(di, name, width, unit, signed):
    item = item_of(di)
    (part,) = item.parts
    assert (item.name, item.width, part.format.unit, part.format.signed) == (name, width, unit, signed)


@pytest.mark.parametrize(
    ("di", "name", "width", "decimals", "unit"),
    [
        (0x9010, "forward active energy total", 4, 2, "kWh"),
        (0x9012, "forward active energy tariff 2", 4, 2, "kWh"),
        (0x9020, "reverse active energy total", 4, 2, "kWh"),
        (0x9140, "quadrant 4 reactive total", 4, 2, "kvarh"),
        (0x9410, "forward active energy total, last month", 4, 2, "kWh"),
        (0x9910, "forward reactive total, two months back", 4, 2, "kvarh"),
        (0xA010, "forward active maximum demand total", 3, 4, "kW"),
        (0xB611, "phase A voltage", 2, 0, "V"),
        (0xB623, "phase C current", 2, 2, "A"),
        (0xB630, "total active power", 3, 4, "kW"),
        (0xB640, "total reactive power", 2, 2, "kvar"),
        (0xB650, "total power factor", 2, 3, ""),
        (0xC031, "reactive meter constant", 3, 0, "imp/kvarh"),
        (0xB310, "phase failure count", 2, 0, ""),
    ],
)
def test_items_of_1997(di, name, width, decimals, unit):
    item = item_of(di, edition="1997")
    (part,) = item.parts
    assert (item.name, item.width, part.format.decimals, part.format.unit) == (name, width, decimals, unit)


@pytest.mark.parametrize(
    "di",
    [
        0x000B0000,  # no such energy
        0x00014000,  # tariff 64
        0x0001000D,  # settlement 13
        0x00150100,  # a phase has no tariffs
        0x00010F01 | 0xFF00,
        0x02010000,  # no total voltage
        0x02010101,
        0x02020400,
        0x020A0400,
        0x02800102,
        0x03010100,
        0x03010111,
        0x03400000,
        0x04009999,
        0x05070101,
        0x07000001,
        0xFFFFFFFF,
    ],
)
def test_what_is_not_listed_is_no_item(di):
    assert item_of(di) is None


@pytest.mark.parametrize("di", [0x0000, 0x9210, 0x9070, 0xB614, 0xC0FF, 0xFFFF, 0x901F, 0xB810 | 0x0F00])
def test_what_is_not_listed_in_1997_is_no_item(di):
    assert item_of(di, edition="1997") is None


@pytest.mark.parametrize(
    ("di", "count", "names"),
    [
        (0x0201FF00, 6, ["phase A voltage", "phase B voltage", "phase C voltage"]),
        (0x0201FF00, 2, ["phase A voltage"]),
        (
            0x0203FF00,
            12,
            ["total active power", "phase A active power", "phase B active power", "phase C active power"],
        ),
        (0x0000FF00, 12, ["combined active energy total", *(f"combined active energy tariff {n}" for n in (1, 2))]),
        (0x000100FF, 8, ["forward active energy total", "forward active energy total, settlement 1 back"]),
        (0x00FF0000, 8, ["combined active energy total", "forward active energy total"]),
        (0x040005FF, 14, [f"meter status word {n}" for n in range(1, 8)]),
        (0x020A01FF, 4, ["phase A voltage harmonic 1", "phase A voltage harmonic 2"]),
    ],
)
def test_blocks_are_split_into_their_items(di, count, names):
    assert [item.name for _, item in members(di, count)] == names


@pytest.mark.parametrize(("di", "count"), [(0x0201FF00, 5), (0x0201FF00, 8), (0x0000FF00, 0), (0x00FFFF00, 8)])
def test_blocks_that_cannot_be_split_are_not(di, count):
    assert members(di, count) is None


def test_blocks_of_1997():
    names = [item.name for _, item in members(0x901F, 20, "1997")]
    assert names == ["forward active energy total", *(f"forward active energy tariff {n}" for n in range(1, 5))]
    assert [di for di, _ in members(0xB61F, 6, "1997")] == [0xB611, 0xB612, 0xB613]


@pytest.mark.parametrize(
    ("di", "edition", "name"),
    [
        (0x0201FF00, "2007", "voltage block"),
        (0x0001FF00, "2007", "forward active energy, all tariffs"),
        (0x000100FF, "2007", "forward active energy, all settlements"),
        (0x040005FF, "2007", "parameters block"),
        (0x901F, "1997", "forward active energy total and further: block"),
        (0x11111111, "2007", None),
        (0x1FFF, "1997", None),
    ],
)
def test_blocks_have_names(di, edition, name):
    assert name_of(di, edition) == name


def test_every_identifier_has_an_item_a_name_or_nothing():
    for di3 in range(0x08):
        for di2 in range(0x100):
            for low in (0x0000, 0x0001, 0x0100, 0x0101, 0xFF00, 0x00FF, 0xFFFF):
                di = di3 << 24 | di2 << 16 | low
                item = item_of(di)
                assert item is None or item.name == name_of(di)
    for di in range(0x10000):
        item = item_of(di, edition="1997")
        assert item is None or item.name == name_of(di, "1997")
