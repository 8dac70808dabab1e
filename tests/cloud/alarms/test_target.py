import socket
from collections.abc import Sequence

import pytest

from cloud.alarms.target import TargetRefused, Targets

PUBLIC = "93.184.215.14"


def resolving(*addresses: str) -> Targets:
    return Targets(resolver=lambda _host, _port: list(addresses))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *("169.254.169.254", "100.64.0.1", "100.127.255.255", "100.100.100.200", "192.0.0.8", "192.88.99.1"),
        *("198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "203.0.113.9"),
        *("::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "fec0::1", "2001:db8::1", "100::1", "5f00::1"),
        *("::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "2001::1", "64:ff9b:1::1"),
        *("64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "2002:a00:1::", "2002:7f00:1::1", "2002:a9fe:a9fe::"),
    ],
)
def test_every_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(TargetRefused, match="address"):
        resolving(address).judge("https://hook.example/x")
    with pytest.raises(TargetRefused, match="address"):  # one bad one among good ones suffices
        resolving(PUBLIC, address).judge("https://hook.example/x")
    literal = f"[{address}]" if ":" in address else address
    with pytest.raises(TargetRefused):
        Targets().judge(f"https://{literal}/x")


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_public_addresses_by_https(address: str) -> None:
    target = resolving(address).judge("https://hook.example:8443/x?y=1")
    assert target.addresses == (address,)
    assert str(target.url) == "https://hook.example:8443/x?y=1"
    resolving(address).judge("https://hook.example/")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hook.example/", "https"),
        ("https://hook.example:444/", "port 444"),
        ("https://hook.example:80/", "port 80"),
        ("ftp://hook.example/", "https"),
        ("file:///etc/passwd", "https"),
        ("gopher://hook.example/", "https"),
        ("//hook.example/", "https"),
        ("hook.example", "https"),
        ("", "https"),
        ("https://", "https"),
        ("https://user:secret@hook.example/", "user name"),
        ("https://hook.example@10.0.0.1/", "user name"),
        ("https://@hook.example/", "user name"),
        ("https://hook.example/#x", "fragment"),
        ("https://hook.example\\@evil.example/", "printable"),
        ("https://hook.example/\r\nHost: x", "printable"),
        ("https://hook.example/ x", "printable"),
        ("https://höok.example/", "printable"),
        ("https://hook.example/" + "x" * 2000, "2000"),
        ("https://hook.example:99999/", "port 99999"),
        ("https://[::1/", "not a URL"),
        ("https://a..b/", "name of a host"),
        ("https://" + "a" * 64 + ".example/", "name of a host"),
        ("https://" + "a." * 150 + "example/", "name of a host"),
        ("https://%31%32%37.0.0.1/", "name of a host"),
        ("https://0x7f000001/", "192.0.2.1"),
        ("https://0x7f.1/", "192.0.2.1"),
        ("https://2130706433/", "192.0.2.1"),
        ("https://127.1/", "192.0.2.1"),
        ("https://0177.0.0.1/", "not a URL"),
        ("https://127.0.0.1./", "192.0.2.1"),
        ("https://1.2.3.4.5/", "192.0.2.1"),
        ("https://[fe80::1%25eth0]/", "name of a host"),
    ],
)
def test_urls_that_are_refused_before_anything_is_asked(url: str, why: str) -> None:
    asked: list[str] = []

    def resolver(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return [PUBLIC]

    with pytest.raises(TargetRefused, match=why):
        Targets(resolver=resolver).judge(url)
    assert asked == [] or why == "https" or why.startswith("port")


def test_host_without_address_is_refused() -> None:
    def nobody(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    for targets in (resolving(), Targets(resolver=nobody)):
        with pytest.raises(TargetRefused, match="no address"):
            targets.judge("https://hook.example/")


def test_internal_targets_only_as_far_as_they_are_listed() -> None:
    targets = Targets(("10.1.0.0/16", "fd00:1::/64", "Desk.Internal:8080", "[::1]:9000"), lambda _h, _p: ["10.1.2.3"])
    assert targets.judge("http://anything.example:8000/").addresses == ("10.1.2.3",)
    assert targets.judge("https://anything.example/").addresses == ("10.1.2.3",)
    elsewhere = Targets(targets.allow, lambda _h, _p: ["10.2.0.1"])
    assert elsewhere.judge("http://desk.internal:8080/x").addresses == ("10.2.0.1",)
    assert elsewhere.judge("http://[::1]:9000/").addresses
    for url in ("http://desk.internal:8081/", "http://other.internal:8080/", "https://desk.internal/", "http://[::1]/"):
        with pytest.raises(TargetRefused, match="allow_targets"):
            elsewhere.judge(url)
    mixed = Targets(targets.allow, lambda _h, _p: ["10.1.2.3", "10.2.0.1"])
    with pytest.raises(TargetRefused, match=r"10\.2\.0\.1"):
        mixed.judge("https://anything.example/")
    half_public = Targets(targets.allow, lambda _h, _p: ["10.1.2.3", PUBLIC])
    with pytest.raises(TargetRefused, match="https"):
        half_public.judge("http://anything.example/")
    mapped = Targets(targets.allow, lambda _h, _p: ["::ffff:10.1.2.3", "fd00:1::5"])
    assert len(mapped.judge("http://anything.example/").addresses) == 2
