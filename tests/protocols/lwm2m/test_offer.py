import pytest

from protocols.lwm2m import Offer, Path
from protocols.lwm2m.offer import offer_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("</1/0>,</3/0>", Offer((Path(1, 0), Path(3, 0)))),
        ('</>;rt="oma.lwm2m";ct=110,</1/0>', Offer((Path(1, 0),), content_formats=(110,))),
        (
            '</>;rt="oma.lwm2m";ct="60 110 112 1542 1543 11542 11543",</1>;ver=1.1,</1/0>,</2>,</3>;ver="1.2",</3/0>',
            Offer(
                (Path(1), Path(1, 0), Path(2), Path(3), Path(3, 0)),
                ((1, "1.1"), (3, "1.2")),
                content_formats=(60, 110, 112, 1542, 1543, 11542, 11543),
            ),
        ),
        ('</lwm2m>;rt="oma.lwm2m",</lwm2m/1/0>,</lwm2m/3303/0>', Offer((Path(1, 0), Path(3303, 0)), root="/lwm2m")),
        ('</lwm2m/>;rt="oma.lwm2m",</lwm2m/1/0>', Offer((Path(1, 0),), root="/lwm2m")),
        ('</a/b>;rt="x oma.lwm2m",</a/b/3>', Offer((Path(3),), root="/a/b")),
        ('</lwm2m>;rt="oma.lwm2m",</1/0>', Offer((), root="/lwm2m", others=("/1/0",))),
        ("</sensors/temp>,</3/0>,</3/0/1>", Offer((Path(3, 0),), others=("/sensors/temp", "/3/0/1"))),
        ("</3/0>,</3/0>", Offer((Path(3, 0),))),
        ("</3/0/>", Offer((Path(3, 0),))),
        ("</65534/65534>", Offer((Path(65_534, 65_534),))),
        ('</>;rt="oma.lwm2m";hb,</1/0>', Offer((Path(1, 0),))),
        ('</>;rt="oma.lwm2m";ct,</1/0>', Offer((Path(1, 0),))),
        ("</３>", Offer((), others=("/３",))),
    ],
)
def test_what_a_client_has(text, expected):
    assert offer_of(40, text.encode()) == expected


def test_no_payload_says_nothing():
    assert offer_of(40, b"") is None


def test_objects_and_versions():
    offer = offer_of(40, b"</3>;ver=1.1,</3/0>,</3303/0>,</3303/1>")
    assert offer.objects == (3, 3303)
    assert (offer.version_of(3), offer.version_of(3303)) == ("1.1", None)
