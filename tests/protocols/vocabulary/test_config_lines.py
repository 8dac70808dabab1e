import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.vocabulary.config_lines import line_of

TEXT = '''# a comment with [brackets] and = signs
title = "top # no comment"
server.http.port = 80

[api]
host = "127.0.0.1"   # [link]
"odd key" = 1
text = """
[link]
port = 9
"""
raw = \'\'\'
port = 8\'\'\'

[[link]]
name = "a"
ports = [1, 2,
  # between
  3,
]
[link.serial]
baud = 9600

[[link]]
name = "b"
point = { source = "x]", series = ["p", "q"], deep.er = 5 }
rows = [
  { address = 1, unit = "V" },
  { address = 2, unit = "A, }" },
]
[[link.device]]
unit = 1
[[link.device]]
unit = 2
[a.b.c]
d = 2026-11-23T08:00:00Z
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("server", "http", "port"), 3),
        (("api",), 5),
        (("api", "host"), 6),
        (("api", "odd key"), 7),
        (("api", "text"), 8),
        (("api", "raw"), 12),
        (("api", "port"), 5),
        (("link", 0), 15),
        (("link", 0, "ports", 1), 17),
        (("link", 0, "ports", 2), 19),
        (("link", 0, "serial", "baud"), 22),
        (("link", 1, "name"), 25),
        (("link", 1, "point", "deep", "er"), 26),
        (("link", 1, "point", "series", 1), 26),
        (("link", 1, "rows", 1, "unit"), 29),
        (("link", 1, "device", 1, "unit"), 34),
        (("link", 1, "device", 1, "missing"), 33),
        (("link", 2), 15),
        (("a", "b", "c", "d"), 36),
        (("link", 0, "modbus-tcp", "serial", "baud"), 22),
        (("nothing",), 1),
        ((), 1),
    ],
)
def test_finds_the_line(path: tuple[str | int, ...], line: int) -> None:
    tomllib.loads(TEXT)
    assert line_of(TEXT, path) == line
    assert line_of(TEXT.replace("\n", "\r\n"), path) == line


@given(st.text(alphabet="ab=[]{}\",'\n#. \\1", max_size=60))
def test_any_text_gives_a_line_of_it(text: str) -> None:
    for path in ((), ("a",), ("a", 0, "b")):
        assert 1 <= line_of(text, path) <= text.count("\n") + 1


def test_deep_nesting_is_no_trap() -> None:
    assert line_of("a = " + "[" * 100 + "]" * 100, ("a", 0, 0, 0)) == 1
