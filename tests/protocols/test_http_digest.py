"""Digest authentication: the examples of the RFCs, and httpx as a second opinion."""

from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.http_digest import (
    MAX_CHALLENGE,
    Challenge,
    basic_authorization,
    best_digest,
    digest_authorization,
    parse_challenges,
)
from protocols.vocabulary import ProtocolError

RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616(algorithm: str, response: str) -> None:
    challenge = best_digest(parse_challenges([RFC_7616.format(algorithm)]))
    assert challenge is not None
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    text = digest_authorization(challenge, ("Mufasa", "Circle of Life"), ("GET", "/dir/index.html"), 1, cnonce)
    assert f'response="{response}"' in text
    assert 'uri="/dir/index.html"' in text
    assert "nc=00000001" in text


def test_the_stronger_of_two_is_answered() -> None:
    given = parse_challenges([RFC_7616.format("MD5"), RFC_7616.format("SHA-256")])
    assert [one.algorithm for one in given] == ["MD5", "SHA-256"]
    best = best_digest(given)
    assert best is not None
    assert best.algorithm == "SHA-256"


def test_without_qop_it_is_rfc_2069() -> None:
    challenge = best_digest(parse_challenges(['Digest realm="r", nonce="n"']))
    assert challenge is not None
    text = digest_authorization(challenge, ("u", "p"), ("GET", "/"), 1, "c")
    # md5(md5("u:r:p"):n:md5("GET:/"))
    assert 'response="' in text
    assert "cnonce" not in text


TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='"\\:,'), min_size=1, max_size=12)


@given(realm=TEXT, nonce=TEXT, user=TEXT, password=TEXT, algorithm=st.sampled_from(["MD5", "SHA-256", "MD5-sess"]),
       qop=st.sampled_from(["", ', qop="auth"', ', qop="auth,auth-int"', ', opaque="o"']))  # fmt: skip
def test_httpx_answers_the_same(realm: str, nonce: str, user: str, password: str, algorithm: str, qop: str) -> None:
    header = f'Digest realm="{realm}", nonce="{nonce}", algorithm={algorithm}{qop}'
    request = httpx.Request("GET", "http://h/snap?x=1")
    flow = httpx.DigestAuth(user, password).sync_auth_flow(request)
    next(flow)
    theirs = flow.send(httpx.Response(401, headers={"WWW-Authenticate": header}, request=request))
    said = parse_challenges([theirs.headers["Authorization"]])[0].parameters
    challenge = best_digest(parse_challenges([header]))
    assert challenge is not None
    if algorithm == "MD5-sess" and "cnonce" not in said:
        return  # httpx leaves out what RFC 2617 §3.2.2 wants: the server could not check it
    ours = digest_authorization(challenge, (user, password), ("GET", "/snap?x=1"), 1, said.get("cnonce", "c"))
    assert parse_challenges([ours])[0].parameters["response"] == said["response"]


def test_several_challenges_in_one_header() -> None:
    found = parse_challenges(['Negotiate, Basic realm="a, \\"b\\"" , Digest realm="c",nonce="d", qop=auth'])
    assert found == [
        Challenge("negotiate", {}),
        Challenge("basic", {"realm": 'a, "b"'}),
        Challenge("digest", {"realm": "c", "nonce": "d", "qop": "auth"}),
    ]


@pytest.mark.parametrize(
    "header",
    ['Digest realm="r"', 'Digest nonce="n"', 'Digest realm="r", nonce="n", algorithm=SHA-512-256', 'Basic realm="r"',
     'Digest realm="r", nonce="n", qop="auth-int"', ""],
)  # fmt: skip
def test_what_cannot_be_answered(header: str) -> None:
    assert best_digest(parse_challenges([header])) is None


@given(st.text(max_size=200))
def test_garbage_is_garbage(text: str) -> None:
    with suppress(ProtocolError):
        parse_challenges([text])


def test_a_long_header_is_refused_unread() -> None:
    with pytest.raises(ProtocolError, match="characters"):
        parse_challenges(["Digest " + "a" * MAX_CHALLENGE])


def test_basic_is_rfc_7617() -> None:
    assert basic_authorization("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    assert basic_authorization("test", "123\u00a3") == "Basic dGVzdDoxMjPCow=="
