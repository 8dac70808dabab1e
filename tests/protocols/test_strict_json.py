import pytest

from protocols import strict_json
from protocols.vocabulary import ProtocolError


def test_values():
    assert strict_json.loads(b'{"a": [1, 2.5, true, null, "\xe2\x84\x83"]}', "X") == {"a": [1, 2.5, True, None, "℃"]}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "no JSON"),
        (b"\xff", "no UTF-8 at byte 0"),
        (b"{}{}", "Extra data"),
        (b"[NaN]", "NaN is no JSON number"),
        (b"[-Infinity]", "-Infinity is no JSON number"),
        (b'{"a":1,"a":1}', "names a member twice"),
        (b"[" * 100_000, "nested too deep"),
        (b"1" * 5_000, "an integer of 5000 digits"),
        (b"\xef\xbb\xbf[]", "no JSON"),
    ],
)
def test_refused(raw, says):
    with pytest.raises(ProtocolError) as refused:
        strict_json.loads(raw, "X")
    assert str(refused.value).startswith("X: ")
    assert says in str(refused.value)
