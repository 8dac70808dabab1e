"""Where a camera or the cloud's pictures are: a URL that can be asked, told before anybody asks (RFC 3986)."""

from urllib.parse import SplitResult, urlsplit


def split_url(url: str) -> SplitResult:
    """Its parts; the host is one that can be looked up.

    :raises ValueError: it is no ``http://host/path``, or names somebody.
    """
    parts = urlsplit(url)
    _ = parts.port  # raises where it is none
    try:
        (parts.hostname or "").encode("idna")  # as who looks the name up does it
    except UnicodeError:
        raise ValueError(f"{parts.hostname!r} is no host name") from None
    if not parts.hostname or parts.username is not None:
        raise ValueError("expected http://host/path")
    return parts


def asked(url: str) -> str:
    """The URL itself, when it is one.

    :raises ValueError: as split_url.
    """
    split_url(url)
    return url
