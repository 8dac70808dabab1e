import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.vocabulary.check_characters import mod_11_2, mod_37_36

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize(
    ("body", "check"),
    [
        ("0794", "0"),  # ISO 7064's own example
        ("11010519491231002", "X"),  # GB 11643's own example
        ("44052418800101001", "4"),
    ],
)
def test_mod_11_2(body: str, check: str) -> None:
    assert mod_11_2(body) == check


@pytest.mark.parametrize(("body", "check"), [("A12425GABC1234002", "M"), ("188166C734200000", "3")])
def test_mod_37_36(body: str, check: str) -> None:
    assert mod_37_36(body) == check
    assert mod_37_36(body.lower()) == check


@given(st.text("0123456789", min_size=1, max_size=40))
def test_mod_11_2_is_the_power_sum_of_the_standard(body: str) -> None:
    # ISO 7064 §7: the sum of value * 2^(place - 1), places counted from the right, is 1 modulo 11
    values = [int(c) for c in body] + [10 if (check := mod_11_2(body)) == "X" else int(check)]
    assert sum(value * 2**place for place, value in enumerate(reversed(values))) % 11 == 1


@given(st.text(ALPHANUMERIC, min_size=1, max_size=20), st.data())
def test_mod_37_36_tells_every_single_error(body: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.sampled_from(ALPHANUMERIC).filter(lambda c: c != body[place]))
    assert mod_37_36(body[:place] + other + body[place + 1 :]) != mod_37_36(body)


@pytest.mark.parametrize("text", ["12a", "１２", "²", "1 2", "1\n", "-1", "\0", "٣"])
def test_mod_11_2_takes_ascii_digits_only(text: str) -> None:
    with pytest.raises(ValueError, match="is no digit"):
        mod_11_2(text)


@pytest.mark.parametrize("text", ["a-b", "Ａ", "ı", "ſ", "ß", "ﬁ", "a\n", "", "\0"[1:] + "é"])
def test_mod_37_36_takes_ascii_letters_and_digits_only(text: str) -> None:
    if not text:
        assert mod_37_36(text) in ALPHANUMERIC
        return
    with pytest.raises(ValueError, match="neither digit nor letter"):
        mod_37_36(text)
