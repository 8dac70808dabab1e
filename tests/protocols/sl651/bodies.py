"""Strategies for frames and bodies, and the real frames that are no row of the collection."""

from hypothesis import strategies as st

from protocols.sl651 import Body, Direction, End, Frame, Line, Mode, Packet
from protocols.sl651.elements import elements
from protocols.sl651.items import Element, Named, StationMark, TimeMark, element
from protocols.sl651.numbers import packed_number

UP_ENDS = st.sampled_from([End.ETX, End.ETB])
DOWN_ENDS = st.sampled_from([End.EOT, End.ENQ, End.ACK, End.NAK, End.ESC])

stations = st.binary(min_size=5, max_size=5).map(lambda data: data.hex().upper())
passwords = st.binary(min_size=2, max_size=2).map(lambda data: data.hex().upper())
packet_numbers = st.integers(1, 4095).flatmap(
    lambda total: st.builds(Packet, st.just(total), st.integers(1, total)),
)
SEEDS = [b"\x7e\x7e", b"\x01", b"\x02\x03", b"\xf1\xf1\x00\x12\x34\x56\x78\x48", b"\xf0\xf0"]
body_bytes = st.binary(min_size=1, max_size=80) | st.lists(
    st.sampled_from(SEEDS) | st.binary(max_size=8), min_size=1, max_size=12
).map(lambda parts: b"".join(parts) or b"\x00")


def frames(mode: Mode) -> st.SearchStrategy[Frame]:
    def of(direction: Direction) -> st.SearchStrategy[Frame]:
        return st.builds(
            Frame,
            direction=st.just(direction),
            station=stations,
            centre=st.integers(0, 255),
            password=passwords,
            function=st.integers(0, 255),
            body=body_bytes,
            end=UP_ENDS if direction is Direction.UP else DOWN_ENDS,
            packet=st.none() | packet_numbers,
            mode=st.just(mode),
        )

    return st.sampled_from([Direction.UP, Direction.DOWN]).flatmap(of)


stamps = st.datetimes().map(lambda moment: moment.strftime("%y%m%d%H%M%S"))
minutes = stamps.map(lambda stamp: stamp[:10])
ordinary = sorted(number for number in elements() if number not in (0x04, 0x45) and number < 0xF0)


@st.composite
def hex_elements(draw) -> Element:
    identifier = draw(st.sampled_from(ordinary) | st.integers(0x76, 0xEF) | st.integers(0xFF00, 0xFFFF))
    decimals = draw(st.integers(0, 7))
    length = draw(st.integers(1, 8))
    whole = draw(st.none() | st.integers(-(10 ** (2 * length - 2)) + 1, 10 ** (2 * length) - 1))
    data = packed_number(None if whole is None else whole, length, 0)
    return element(identifier, data, decimals)


hex_items = st.lists(
    hex_elements() | st.builds(TimeMark, minutes) | st.builds(StationMark, stations, st.just(0x48)), max_size=8
).map(lambda items: (StationMark("0012345678", 0x48), TimeMark("2401010800"), *items))

texts = st.decimals(-9999, 9999, places=2).map(lambda number: f"{number:.2f}".encode()) | st.just(b"M")
named = st.builds(Named, st.sampled_from([elements()[number].name for number in ordinary]), texts)
text_items = st.lists(
    named | st.builds(TimeMark, minutes) | st.builds(StationMark, stations, st.just(0x48)), max_size=8
).map(lambda items: (StationMark("0012345678", 0x48), TimeMark("2401010800"), *items))


def messages(mode: Mode) -> st.SearchStrategy[Frame]:
    """Whole reports of a station, with bodies that can be read."""
    line = Line(station="0012345678", centre=1, password="1234", mode=mode)
    bodies = st.builds(Body, st.integers(0, 65535), stamps, hex_items if mode is Mode.HEX else text_items)
    return st.tuples(st.sampled_from([0x30, 0x32, 0x33, 0x34, 0x37]), bodies).map(lambda pair: line.up(*pair))


REAL = {
    "regular report": (
        "7E7E010010100001A00032002B02000C200724172349F1F1001010000148F0F02007241723201900013022190000403923000005"
        "5038121268038397"
    ),
    "timed report": (
        "7E7E05001122334403E832002B020034170718110016F1F1001122334448F0F0170718110020190000402619000040392300"
        "0104903812109903A421"
    ),
    "real-time answer": (
        "7E7E010012345678123437002B020009591011161403F1F1001234567848F0F0591011161420190000152619000015392300"
        "000122381211080338FE"
    ),
    "run parameters": (
        "7E7E050011223344123442003F02001F170718101913F1F10011223344200801210805220808231003002408052509102609"
        "10270802282300010000301B0002003812050040120003411200200342A6"
    ),
    "version": ("7E7E0500112233441234450021020022170718101955F1F10011223344114441544138362D53572D56312E3228482903C476"),
    "factory reset": ("7E7E05001122334403E848000F02003B170718110432F1F1001122334403B3C3"),
    "clock": ("7E7E001234567891123451000F02027E210409084605F1F11234567891036D55"),
}
"""Frames of public test programs that are no row of the collection (github:64673a/SL651-2014,
samples/regular_report.hex; github:yu-xiaoyao/sl651-2014-server, Sl651ClientApplication.java)."""
