import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.ingest.line_protocol import Line, parse


def one(text: str) -> Line:
    lines, faults = parse(text, "ns")
    assert faults == []
    (line,) = lines
    return line


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("m f=1", 1.0),
        ("m f=-1.5e-3", -0.0015),
        ("m f=.5", 0.5),
        ("m f=5.", 5.0),
        ("m f=+5", 5.0),
        ("m f=42i", 42),
        ("m f=-9223372036854775808i", -(2**63)),
        ("m f=18446744073709551615u", 2**64 - 1),
        ("m f=t", True),
        ("m f=FALSE", False),
        ('m f="a \\"quoted\\" \\\\ b, c=d"', 'a "quoted" \\ b, c=d'),
        ('m f="two\nlines"', "two\nlines"),
        ('m f=""', ""),
        ('m f="\\x"', "\\x"),
    ],
)
def test_field_types(text: str, value: object) -> None:
    found = one(text).fields["f"]
    assert found == value
    assert type(found) is type(value)


def test_everything_on_one_line() -> None:
    line = one(r"my\,meas\ urement=x,tag\ key=tag\,value\=1,b=2 field\=key=1,other=2i 1465839830100400200")
    assert line == Line(
        1,
        "my,meas urement=x",
        {"tag key": "tag,value=1", "b": "2"},
        {"field=key": 1.0, "other": 2},
        1_465_839_830_100,
    )


def test_backslash_before_another_character_stays() -> None:
    assert one("a\\b,t=c\\d f=1").tags == {"t": "c\\d"}


@pytest.mark.parametrize(
    ("precision", "stamp", "ms"),
    [
        ("ns", "1500000000123456789", 1_500_000_000_123),
        ("us", "1500000000123456", 1_500_000_000_123),
        ("ms", "1500000000123", 1_500_000_000_123),
        ("s", "1500000000", 1_500_000_000_000),
        ("ns", "-1", -1),
    ],
)
def test_precisions(precision: str, stamp: str, ms: int) -> None:
    assert parse(f"m f=1 {stamp}", precision)[0][0].time_ms == ms  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("m", "missing fields"),
        ("m ", "missing field key"),
        ("m,t f=1", "missing tag value of 't'"),
        ("m,t= f=1", "missing tag value of 't'"),
        ("m,=v f=1", "missing tag key"),
        (",t=v f=1", "missing measurement"),
        ("m f", "missing field value"),
        ("m f=", "no number"),
        ("m f=1,", "missing field key"),
        ("m f=1 12x", "bad timestamp"),
        ("m f=1 1 2", "bad timestamp"),
        ("m f=1 1.5", "bad timestamp"),
        ("m f=1 99999999999999999999", "bad timestamp"),
        ("m f=9223372036854775808i", "out of range"),
        ("m f=-1u", "out of range"),
        ("m f=1e999", "no number"),
        ("m f=NaN", "no number"),
        ("m f=inf", "no number"),
        ("m f=1_000", "no number"),
        ("m f=１２", "no number"),
        ("m f=0x10", "no number"),
        ("m f=1.5i", "no number"),
        ('m f="open', "missing closing quote"),
        ('m f="a"b', "bad timestamp"),
        ("m f=1,f=2", "comes twice"),
        ("m,t=1,t=2 f=1", "comes twice"),
        ("m\tf=1", "missing fields"),
    ],
)
def test_malformed_line_is_named_and_its_neighbours_live(text: str, message: str) -> None:
    lines, faults = parse(f"a f=1\n{text}\nb f=2\n" if '"open' not in text else f"a f=1\nb f=2\n{text}", "ns")
    assert [line.measurement for line in lines] == ["a", "b"]
    (fault,) = faults
    assert fault.number in {2, 3}
    assert message in fault.message


def test_blank_lines_comments_and_carriage_returns() -> None:
    lines, faults = parse('# comment m f=1\r\n\r\n  \n  a f=1i 5\r\nb f="x"\r\nc f=2\r\n', "ms")
    assert faults == []
    assert [(line.number, line.measurement, line.time_ms) for line in lines] == [
        (4, "a", 5),
        (5, "b", None),
        (6, "c", None),
    ]


@given(st.text(alphabet='ab=, \\"\n\r1.eiutf#-', max_size=80))
def test_any_text_is_taken_or_named(text: str) -> None:
    lines, faults = parse(text, "ns")
    used = [line.number for line in lines] + [fault.number for fault in faults]
    assert len(set(used)) == len(used)
    assert all(1 <= number <= text.count("\n") + 1 for number in used)
    assert all(line.fields for line in lines)


@pytest.mark.parametrize(
    "text", ['m f="', "m f=" + '"\\' * 500_000, "m\\" * 300_000, 'm f="\n' * 100_000, "m,a=" * 200_000]
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    started = time.process_time()
    parse(text, "ns")
    assert time.process_time() - started < 5
