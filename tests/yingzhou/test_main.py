import subprocess
import sys

import pytest

from yingzhou.__main__ import COMMANDS


@pytest.mark.parametrize("argv", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help(yingzhou, argv):
    said = yingzhou(*argv)
    assert said.code == 0
    assert said.out[0].startswith("usage: yingzhou")


@pytest.mark.parametrize(
    "argv", [[], ["nonsense"], ["decode"], ["decode", "morse", "00"], ["decode", "hj212", "--crc", "x"]]
)
def test_usage_is_2(yingzhou, argv):
    assert yingzhou(*argv).code == 2


@pytest.mark.parametrize(("argv", "command"), [(["up", "--foo"], "up"), (["check", "x", "--foo", "y"], "check")])
def test_an_option_that_is_none_is_told_with_the_commands_own(yingzhou, argv, command):
    said = yingzhou(*argv)
    assert said.code == 2
    assert said.err[0].startswith(f"usage: yingzhou {command} ")
    assert said.err[-1].startswith(f"yingzhou {command}: error: unrecognized arguments: --foo")


def test_version(yingzhou):
    assert yingzhou("--version").out[0].startswith("yingzhou ")


def modules_after(*argv: str) -> set[str]:
    program = "import sys\nfrom yingzhou.__main__ import main\ntry: main(sys.argv[1:])\nfinally: print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, *argv], capture_output=True, text=True, check=False)
    return set(done.stdout.splitlines()[-1].split())


def test_a_command_imports_what_it_needs():
    heavy = {"asyncio", "numpy", "pymodbus", "duckdb", "fastapi", "pydantic", "aiocoap", "sqlalchemy", "zstandard"}
    assert not heavy & modules_after("--help")
    assert not (heavy - {"asyncio"}) & modules_after("decode", "modbus-rtu", "010300000002C40B")
    assert "protocols.senml" not in modules_after("decode", "modbus-rtu", "010300000002C40B")


def test_a_reader_that_goes_away_is_no_traceback():
    frames = "010300000002C40B\n" * 20_000
    command = f"{sys.executable} -m yingzhou decode modbus-rtu - --json | head -n 1"
    done = subprocess.run(command, shell=True, input=frames, capture_output=True, text=True, check=False)
    assert done.stdout.startswith('{"ok": true')
    assert done.stderr == ""


def test_twins(yingzhou):
    assert yingzhou("twin", "check", "310151010100000" + "1").code == 1
    twin = "310151-0101-000001-"
    wrong = yingzhou("twin", "check", twin + "?")
    assert (wrong.code, len(wrong.err)) == (1, 1)
    right = next(c for c in "0123456789X" if yingzhou("twin", "check", twin + c).code == 0)
    assert yingzhou("twin", "label", twin + right).out == [twin + right, (twin + right).replace("-", "")]
    assert yingzhou("twin", "label", twin + right, "--json").json()[0]["id"] == twin + right
    named = yingzhou("twin", "check", twin + ("0" if right != "0" else "1"))
    assert f"'{right}' is right" in named.err[0]
