import pytest

from protocols import link_format
from protocols.link_format import Link
from protocols.vocabulary import ProtocolError


def test_the_example_of_rfc_6690():
    text = (
        '</sensors/temp>;if="sensor",</sensors/light>;if="sensor";rt="light-lux",'
        '<http://www.example.com/sensors/t123>;anchor="/sensors/temp";rel="describedby",</t>;obs'
    )
    links = link_format.decode(text.encode())
    assert [link.target for link in links][2:] == ["http://www.example.com/sensors/t123", "/t"]
    assert links[1].attribute("rt") == "light-lux"
    assert links[3].attributes == (("obs", None),)
    assert links[3].attribute("obs") is None
    assert links[0].attribute("rt") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \r\n", []),
        ("</1/0>", [Link("/1/0")]),
        ('</>;rt="oma.lwm2m", </1/0>,\t</3/0>', [Link("/", (("rt", "oma.lwm2m"),)), Link("/1/0"), Link("/3/0")]),
        ("</3> ; ver = 1.1 ; ct = 60", [Link("/3", (("ver", "1.1"), ("ct", "60")))]),
        ('</>;ct="60 110 112"', [Link("/", (("ct", "60 110 112"),))]),
        (r'<a>;title="a \"b\" \\ ,;<c>"', [Link("a", (("title", 'a "b" \\ ,;<c>'),))]),
        ("</>;title*=UTF-8''%e2", [Link("/", (("title*", "UTF-8''%e2"),))]),
        ('<>;a=""', [Link("", (("a", ""),))]),
    ],
)
def test_forms(text, expected):
    assert link_format.decode(text.encode()) == expected
    assert link_format.decode(link_format.encode(expected)) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1/0", "character 0: expected <target>"),
        ("</1/0", "expected <target>"),
        ("</1/0>,", "expected <target>, found the end"),
        ("</1/0>,,</3/0>", "character 7"),
        ("</1/0> </3/0>", "character 7: expected ','"),
        ("</1/0>;", "an attribute's name"),
        ("</1/0>;=1", "an attribute's name"),
        ("</1/0>;ver=", "a value for ver"),
        ("</1/0>;ver=;a", "a value for ver"),
        ('</1/0>;ct="60', "ends with a quote"),
        ("</>;ct=60 110", "expected ','"),
        ("</1 /0>", "<target>"),
        ("</1\n/0>", "<target>"),
        ("</1/0>\0", "expected ','"),
        ('</1/0>;t="a\nb"', "a value that ends with a quote"),
    ],
)
def test_what_is_no_list_of_links_says_where(text, says):
    with pytest.raises(ProtocolError) as refused:
        link_format.decode(text.encode())
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_no_utf8():
    with pytest.raises(ProtocolError, match="no UTF-8 at byte 1"):
        link_format.decode(b"<\xff>")


def test_bounds(benchmark_s):
    with benchmark_s(1.0):
        assert len(link_format.decode(b",".join([b"</1/0>"] * 1024))) == 1024
        for raw in (
            b",".join([b"</1/0>"] * 1025),
            b"</1>" + b";a" * 33,
            b"<" + b"a" * 70_000 + b">",
            b"<" * 60_000,
            b'</>;a="' + b"\\" * 60_000,
            b" " * 60_000 + b"x",
            b";" * 60_000,
        ):
            with pytest.raises(ProtocolError):
                link_format.decode(raw)


@pytest.mark.parametrize("link", [Link("a>b"), Link("a", (("", None),)), Link("a", (("b", "c\n"),)), Link("\ud800")])
def test_what_cannot_be_written_is_refused(link):
    with pytest.raises(ProtocolError, match="cannot be written"):
        link_format.encode([link])
