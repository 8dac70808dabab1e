import pytest

from protocols.lwm2m import ObjectLink, Path
from protocols.vocabulary import ProtocolError


@pytest.mark.parametrize(
    ("text", "ids"),
    [("/", ()), ("", ()), ("/3", (3,)), ("3/0", (3, 0)), ("/3303/0/5700", (3303, 0, 5700)), ("/3/0/6/1", (3, 0, 6, 1)),
     ("/3/0/", (3, 0)), ("/65534", (65_534,))],
)  # fmt: skip
def test_paths(text, ids):
    assert Path.parse(text).ids == ids
    assert Path.parse(str(Path.parse(text))) == Path.parse(text)


@pytest.mark.parametrize(
    "text", ["//", "/3//0", "/3/0/6/1/2", "/a", "/3/-1", "/65535", "/3/99999", "/３", "/3 /0", "/3\n", "3.0"]
)
def test_what_is_no_path(text):
    with pytest.raises(ProtocolError):
        Path.parse(text)


def test_as_people_write_them():
    assert str(Path(3303, 0, 5700)) == "/3303/0/5700"
    assert str(ObjectLink(66, 0)) == "66:0"
