import pytest

from protocols.lwm2m import ObjectLink, Path
from protocols.lwm2m.json_format import Entry, decode
from protocols.vocabulary import ProtocolError


@pytest.mark.parametrize(
    ("text", "base", "expected"),
    [
        ('{"bn":"/3/0/","e":[{"n":"9","v":100}]}', None, [Entry(Path(3, 0, 9), 100, None)]),
        ('{"bn":"/","e":[{"n":"3/0/6/1","v":5}]}', None, [Entry(Path(3, 0, 6, 1), 5, None)]),
        ('{"e":[{"n":"/3/0/14","sv":"+02:00"}]}', None, [Entry(Path(3, 0, 14), "+02:00", None)]),
        ('{"e":[{"n":"9","v":100}]}', "/3/0", [Entry(Path(3, 0, 9), 100, None)]),
        ('{"bn":"1024/0/","e":[{"n":"2","bv":true}]}', None, [Entry(Path(1024, 0, 2), True, None)]),
        ('{"bn":"/3303/0/5700","e":[{"v":20.5}]}', None, [Entry(Path(3303, 0, 5700), 20.5, None)]),
        ('{"bn":"/65/0/","e":[{"n":"0/1","ov":"66:1"}]}', None, [Entry(Path(65, 0, 0, 1), ObjectLink(66, 1), None)]),
        ('{"e":[]}', "/3", []),
        ('{"x":1,"e":[{"n":"/3/0/9","v":1,"x":2}]}', None, [Entry(Path(3, 0, 9), 1, None)]),
    ],
)
def test_entries(text, base, expected):
    assert decode(text.encode(), None if base is None else Path.parse(base)) == expected


def test_times():
    text = '{"bn":"/1024/0/1","e":[{"v":22.9,"t":-30},{"v":22.4,"t":-5},{"v":24.1,"t":-50}],"bt":25462634}'
    assert [entry.time_s for entry in decode(text.encode())] == [25_462_604, 25_462_629, 25_462_584]
    text = '{"bn":"/1024/0/1","e":[{"v":1,"t":-30},{"v":2,"t":0},{"v":3,"t":1498780000}]}'
    assert [entry.time_s for entry in decode(text.encode())] == [-30, None, 1_498_780_000]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "expected an object with an array e"),
        ("{}", "expected an object with an array e"),
        ('{"e":{}}', "expected an object with an array e"),
        ('{"e":[1]}', "expected an entry"),
        ('{"bn":1,"e":[]}', "bn: expected a text"),
        ('{"e":[{"n":1,"v":1}]}', "n: expected a text"),
        ('{"e":[{"n":"/3/0/9"}]}', "expected one of v, sv, bv, ov, found 0"),
        ('{"e":[{"n":"/3/0/9","v":1,"sv":"1"}]}', "found 2"),
        ('{"e":[{"n":"/3/0/9","v":true}]}', "v: True is no such value"),
        ('{"e":[{"n":"/3/0/9","v":"1"}]}', "v: '1' is no such value"),
        ('{"e":[{"n":"/3/0/9","bv":1}]}', "bv: 1 is no such value"),
        ('{"e":[{"n":"/3/0/9","sv":1}]}', "sv: 1 is no such value"),
        ('{"e":[{"n":"/3/0/9","ov":"65536:0"}]}', "ov:"),
        ('{"e":[{"n":"/3/0/9","v":1e999}]}', "expected a finite number"),
        ('{"e":[{"n":"/3/0/9","v":NaN}]}', "NaN is no JSON number"),
        ('{"e":[{"n":"/3/0/9","v":1,"t":"x"}]}', "t: expected a finite number"),
        ('{"e":[{"n":"/3/0/9","v":1,"t":1e300}]}', "outside of the calendar"),
        ('{"bt":true,"e":[]}', "bt: expected a finite number"),
        ('{"e":[{"n":"/3/x","v":1}]}', "path '/3/x'"),
        ('{"e":[],"e":[]}', "names a member twice"),
        ("[" * 60_000, "nested too deep"),
        ('{"e":[{"n":"/3/0/9","v":' + "1" * 350 + "}]}", "expected a finite number"),
    ],
)
def test_refused(text, says):
    with pytest.raises(ProtocolError) as refused:
        decode(text.encode())
    assert says in str(refused.value)


def test_bounds():
    with pytest.raises(ProtocolError, match="65536 are allowed"):
        decode(b" " * 65_537)
    with pytest.raises(ProtocolError, match="10000 are allowed"):
        decode(b'{"e":[' + b",".join([b"1"] * 10_001) + b"]}")
