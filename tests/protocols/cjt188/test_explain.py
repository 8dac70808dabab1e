from protocols.cjt188.explain import explain

WATER = bytes.fromhex("FEFE6810454110051533788116901FAA005959002CFFFFFFFF2CFFFFFFFFFFFFFF0000C216")


def rows(raw):
    return [(raw[field.start : field.end].hex().upper(), field.name, field.meaning) for field in explain(raw)]


def test_an_answer():
    assert rows(WATER) == [
        ("FEFE", "FE", "2 to wake the receiver"),
        ("68", "68", "start"),
        ("10", "T", "cold water meter"),
        ("45411005153378", "address", "78331505104145, low pair first"),
        ("81", "control", "from the meter, read"),
        ("16", "L", "22 bytes of data"),
        ("901F", "DI", "901F: metering data"),
        ("AA", "SER", "170"),
        ("005959002C", "current", "5959.00 m3"),
        ("FFFFFFFF2C", "settle", "not available"),
        ("FFFFFFFFFFFFFF", "time", "no time"),
        ("0000", "status", "valve open (or: closed False, fault False)"),
        ("C2", "CS", "right: the sum of all from 68"),
        ("16", "16", "end"),
    ]


def test_a_multiple_is_told_as_it_is_printed():
    raw = bytes.fromhex("6810454110051533788108D1200000230100 2D".replace(" ", ""))
    assert ("002301002D", "settle", "123.00 m3 x10") in rows(raw)


def test_a_wrong_checksum_and_a_cut_frame():
    assert ("11", "CS", "C2 is right") in rows(WATER[:-2] + b"\x11\x16")
    assert rows(WATER[:16])[-1] == ("901FAA", "data", "cut off: 3 of 22 bytes")


def test_an_error_a_valve_and_a_makers_layout():
    assert ("0102EB16"[:2], "SER", "1") in rows(bytes.fromhex("683077665544332211C104901F0102EB16"))
    assert ("66", "valve", "maker's command 66") in rows(bytes.fromhex("6810011312190000000404A0170166DD16"))
    assert ("7856341200FF", "data", "a maker's own layout") in rows(
        bytes.fromhex("FEFEFE6820776655443322118109901F017856341200FFB116")
    )


def test_a_modems_byte_and_what_is_no_frame():
    assert rows(WATER + b"\x1f")[-1][:2] == ("1F", "trailing")
    assert rows(b"\x11\x22")[0] == ("11", "68", "68 is right")
    assert rows(b"") == []
