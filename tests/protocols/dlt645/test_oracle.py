"""A second opinion: the package dlt645 of PyPI (Apache-2.0, kept up), in tests only."""

from dlt645.common.transform import bcd_to_float
from dlt645.model.data.define import DIMap
from dlt645.protocol.protocol import DLT645Protocol
from hypothesis import given
from hypothesis import strategies as st

from protocols.bcd import packed_low_first
from protocols.dlt645 import Frame, decode, encode, read
from protocols.dlt645.items import item_of

OTHERS = {di: item for di, item in DIMap.items() if hasattr(item, "data_format")}
NUMBERS = [
    di
    for di, item in OTHERS.items()
    if "." in item.data_format and (mine := item_of(di)) and len(mine.parts) == 1 and mine.parts[0].format.signed
]
WRONG_UNITS = {0x0206, 0x0208, 0x0209, 0x020A, 0x020B}
"""DI3 DI2 to which it gives kW, V and A: a power factor and shares in percent."""
ADDRESSES = st.text("0123456789", min_size=12, max_size=12)
UNITS = {"分": "min", "毫秒": "ms", "秒": "s", "℃": "Cel"}
NO_UNIT = {"", "个", "次", "位"}


def test_it_lists_what_we_expect_of_it():
    assert len(DIMap) > 20_000
    assert len(OTHERS) > 10_000
    assert len(NUMBERS) > 100


def test_every_single_item_that_it_lists_is_listed_with_the_same_width_decimals_and_unit():
    for di, other in OTHERS.items():
        mine = item_of(di)
        assert mine is not None, f"{di:08X} {other.name}"
        if len(mine.parts) != 1 or mine.open:
            continue
        form = mine.parts[0].format
        figures, _, decimals = other.data_format.partition(".")
        assert (len(figures + decimals) + 1) // 2 == form.width, f"{di:08X} {other.name}"
        if form.kind != "number":
            continue
        assert len(decimals) == form.decimals, f"{di:08X} {other.name}"
        unit = (other.unit or "").strip()
        if unit not in NO_UNIT and di >> 16 not in WRONG_UNITS:
            assert UNITS.get(unit, unit) == form.unit, f"{di:08X} {other.name}"


@given(
    address=st.text("0123456789", min_size=12, max_size=12), control=st.integers(0, 255), data=st.binary(max_size=255)
)
def test_frames_are_the_same(address, control, data):
    theirs = bytes(DLT645Protocol.build_frame(bytes.fromhex(address)[::-1], control, data, 0))
    assert encode(Frame(address, control, data)) == theirs
    found = DLT645Protocol.deserialize(theirs)
    assert decode(theirs) == Frame(bytes(found.addr)[::-1].hex(), found.ctrl_code, bytes(found.data))


@given(di=st.sampled_from(NUMBERS), data=st.data())
def test_signed_numbers_are_the_same(di, data):
    width = item_of(di).width
    number = data.draw(st.integers(-(8 * 10 ** (2 * width - 1)) + 1, 8 * 10 ** (2 * width - 1) - 1))
    wire = packed_low_first(number, width, signed=True)
    theirs = bcd_to_float(wire, OTHERS[di].data_format, "little")
    assert read(di, wire).values[0].number == theirs
