import pytest

from protocols.senml import Entry, Record, decode_json, resolve
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


def test_bad_input_of_the_list():
    """What devices and attackers send: each pack is refused whole, with one line that says why."""
    for text, why in {
        '[{"n":"a","v":1,"bt":1e300}]': "outside of 1970 to 9999",
        '[{"n":"a","v":1,"t":-1e12}]': "outside of 1970 to 9999",
        '[{"bn":"' + "a" * 200 + '","n":"' + "b" * 56 + '","v":1}]': "expected 1 to 255",
        '[{"bn":"a/","n":"caf\u00e9","v":1}]': "expected 1 to 255 of A-Z",
        '[{"n":"a","v":1,"vs":"b"}]': "has 2 values",
        '[{"n":"a"}]': "neither value nor sum",
        '[{"n":"a","v":1,"bver":99}]': "version 99 is above 10",
        '[{"n":"a","v":1},{"n":"b","v":1,"future_":0}]': "must be understood",
        "[" + ",".join(["{}"] * 100_000) + "]": "65536 are allowed",
    }.items():
        with pytest.raises(ProtocolError, match=why) as refused:
            resolve(decode_json(text.encode()), NOW_S)
        assert "\n" not in str(refused.value)


def test_a_field_that_is_unknown_and_may_be_ignored_changes_nothing():
    known, unknown = '[{"n":"a","v":1}]', '[{"n":"a","v":1,"_future":{"x":[1]},"x":null}]'
    assert resolve(decode_json(unknown.encode()), NOW_S) == resolve(decode_json(known.encode()), NOW_S)


def test_the_border_of_relative_times_counts_base_and_own_time_together():
    late = one(n="a", v=1, bt=2**28 - 5, t=5)
    assert (late.time_s, late.relative) == (2**28, False)
    soon = one(n="a", v=1, bt=2**28, t=-1)
    assert (soon.time_s, soon.relative) == (NOW_S + 2**28 - 1, True)
    assert one(n="a", v=1, bt=-10, t=3).time_s == NOW_S - 7
    assert one(n="a", v=1, t=-0.0).time_s == NOW_S


def test_base_value_and_base_sum_stand_in_for_what_is_missing():
    records = resolve([Entry(bn="x", bv=1.5), Entry(n="1", s=2), Entry(n="2", bs=3), Entry(n="3", v=-1.5)], NOW_S)
    assert [(r.name, r.v, r.s) for r in records] == [("x1", 1.5, 2.0), ("x2", 1.5, 3.0), ("x3", 0.0, 3.0)]
