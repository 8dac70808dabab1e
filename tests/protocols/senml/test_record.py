import pytest

from protocols.senml import Entry, Record, resolve
from protocols.vocabulary import ProtocolError

NOW_S = 1_800_000_000.0


def one(**fields) -> Record:
    (record,) = resolve([Entry(**fields)], NOW_S)
    return record


def test_times_below_2_to_the_28_are_relative_to_now():
    assert one(n="a", v=1) == Record("a", None, NOW_S, relative=True, v=1.0)
    assert one(n="a", v=1, t=-5).time_s == NOW_S - 5
    assert one(n="a", v=1, t=2**28 - 1).time_s == NOW_S + 2**28 - 1
    absolute = one(n="a", v=1, t=2**28)
    assert (absolute.time_s, absolute.relative) == (2**28, False)
    assert one(n="a", v=1, bt=1_276_020_076, t=-0.25).time_ms == 1_276_020_075_750


def test_base_fields_hold_until_the_same_comes_again():
    records = resolve(
        [
            Entry(bn="x/", bu="Cel", bv=20, bs=5, n="a", v=1),
            Entry(n="b", v=2, s=1, u="K"),
            Entry(bn="y/", n="c"),
            Entry(n="d", vs="text"),
        ],
        NOW_S,
    )
    assert [(r.name, r.unit, r.v, r.s, r.vs) for r in records] == [
        ("x/a", "Cel", 21.0, 5.0, None),
        ("x/b", "K", 22.0, 6.0, None),
        ("y/c", "Cel", 20.0, 5.0, None),
        ("y/d", "Cel", None, 5.0, "text"),
    ]


def test_a_record_of_base_fields_alone_is_none():
    assert resolve([Entry(bn="a"), Entry(bt=1e9, bver=5)], NOW_S) == []


def test_the_other_values_and_fields_are_carried():
    assert one(n="a", vb=False, ut=60).vb is False
    assert one(n="a", vd=b"").vd == b""
    assert one(n="/65/0/0", vlo="66:0").vlo == "66:0"
    assert one(n="a", s=3).s == 3.0
    assert one(bn="a", n="", vs="").name == "a"
    assert one(n="a", v=1, ut=60).ut == 60


@pytest.mark.parametrize(
    "name",
    ["", "-a", ".a", "_a", ":a", "a b", "a\n", "a\x00", "é", "温度", "а", "a\u200b", "\u202ea", "a'", "a<", "../a",
     "a%2e", "a+", "a#", "a" * 256, "=cmd|a"],
)  # fmt: skip
def test_a_wrong_name_is_refused(name):
    with pytest.raises(ProtocolError, match="name"):
        one(n=name, v=1)
    if len(name) > 1:
        with pytest.raises(ProtocolError, match="name"):
            one(bn=name[:1], n=name[1:], v=1)


@pytest.mark.parametrize(
    "entries",
    [
        [Entry()],
        [Entry(n="a")],
        [Entry(n="a", u="Cel")],
        [Entry(n="a", t=1)],
        [Entry(bn="a"), Entry()],
        [Entry(bn="a" * 200), Entry(n="b" * 56, v=1)],
        [Entry(n="a", v=1, bt=1e300)],
        [Entry(n="a", v=1, t=253_402_300_800)],
        [Entry(n="a", v=1, bt=-1e300)],
        [Entry(n="a", v=1, t=-NOW_S - 1)],
        [Entry(n="a", v=1, bt=1e308, t=1e308)],
        [Entry(n="a", v=1e308, bv=1e308)],
        [Entry(n="a", s=-1e308, bs=-1e308)],
        [Entry(bver=5, n="a", v=1), Entry(bver=6, n="b", v=1)],
    ],
)
def test_refused(entries):
    with pytest.raises(ProtocolError):
        resolve(entries, NOW_S)


def test_ten_thousand_records_are_quick(benchmark_s):
    entries = [Entry(bn="x/", n="a", v=1)] + [Entry(n="a", v=1)] * 9_999
    with benchmark_s(1):
        assert len(resolve(entries, NOW_S)) == 10_000
