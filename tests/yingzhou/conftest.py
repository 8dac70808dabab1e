import io
import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from yingzhou.__main__ import main


@pytest.fixture
def yingzhou(monkeypatch, capsys) -> Callable[..., Any]:
    """Run the command line: exit code, lines of stdout, lines of stderr."""

    def run(*argv: str, stdin: bytes = b"") -> SimpleNamespace:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin)))
        try:
            code = main(argv)
        except SystemExit as leaving:
            code = leaving.code
        out, err = capsys.readouterr()
        result = SimpleNamespace(code=code, out=out.splitlines(), err=err.splitlines())
        result.json = lambda: [json.loads(line) for line in result.out]
        return result

    return run
