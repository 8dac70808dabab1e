import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_adapters.firmware import ANY, Firmware, version_of


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("2.3", (2, 3)),
        ("V2.03", (2, 3)),
        ("2.3.0.0", (2, 3)),
        ("FW 1.10b", (1, 10)),
        ("20250115", (20_250_115,)),
        ("0.0", (0,)),
    ],
)
def test_versions_are_compared_by_their_numbers(text, numbers):
    assert version_of(text) == numbers


@pytest.mark.parametrize("text", ["", "beta", "²", "1" * 65])
def test_what_is_no_version(text):
    with pytest.raises(ValueError, match=r"expected numbers, as in 2\.3"):
        version_of(text)


def test_a_range_begins_with_its_first_and_ends_before_its_last():
    middle = Firmware("1.2", "2.0")
    assert [middle.holds(version) for version in ("1.1.9", "V1.2", "1.10", "1.99.7", "2", "2.0.1")] == [
        False, True, True, True, False, False,
    ]  # fmt: skip
    assert ANY.holds("0.0")
    assert ANY.is_any
    assert not middle.is_any
    assert [str(one) for one in (ANY, middle, Firmware("3"), Firmware(before="3"))] == [
        "any", "from 1.2 before 2.0", "from 3", "before 3",
    ]  # fmt: skip


@pytest.mark.parametrize(("first", "before"), [("2", "2.0"), ("2.1", "2"), ("x", ""), ("", "0")])
def test_a_range_that_cannot_be(first, before):
    if (first, before) == ("", "0"):
        assert not Firmware(first, before).holds("0")
        return
    with pytest.raises(ValueError, match=r"there is none|expected numbers"):
        Firmware(first, before)


versions = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(lambda numbers: ".".join(map(str, numbers)))


@st.composite
def ranges(draw):
    first, before = draw(versions | st.just("")), draw(versions | st.just(""))
    try:
        return Firmware(first, before)
    except ValueError:
        return ANY


@given(ranges(), ranges(), versions)
def test_a_version_in_two_ranges_means_that_they_overlap(one, other, version):
    assert one.overlaps(other) == other.overlaps(one)
    if one.holds(version) and other.holds(version):
        assert one.overlaps(other)
