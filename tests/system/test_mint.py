"""``yingzhou twin mint`` against a running cloud."""

import json

import pytest

from protocols.vocabulary.identity import TwinId
from tests.system.processes import Installation
from yingzhou.__main__ import main

ADOPTED = "3101510203000042"


async def test_minted_over_the_command_line(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    await installation.start_cloud()
    key_file = str(installation.folder / "secrets" / "admin-api-key")

    def mint(*argv: str, key: str = key_file) -> tuple[int, list[str], list[str]]:
        url = f"http://127.0.0.1:{installation.api_port}"
        code = main(["twin", "mint", *argv, "--url", url, "--key-file", key])
        out, err = capsys.readouterr()
        return code, out.splitlines(), err.splitlines()

    code, out, _ = mint("streetlight", "--name", "灯", "--count", "3")
    assert code == 0
    assert [int(TwinId.parse(line).code[-6:]) for line in out] == [1, 2, 3]
    code, out, _ = mint("sluice", "--town", "310151101", "--code", ADOPTED, "--json")
    told = json.loads(out[0])
    assert (TwinId.parse(told["id"]).code, told["town"]) == (ADOPTED, "310151101")
    assert (await installation.get(f"/api/v1/twins/{told['id']}"))["kind"] == "sluice"

    code, out, err = mint("sluice", "--code", ADOPTED)
    assert (code, out, len(err)) == (1, [], 1)
    assert ": 409: " in err[0]
    code, out, err = mint("sluice", "--town", "1")
    assert (code, out, len(err)) == (1, [], 1)
    assert "town" in err[0]
    for argv in (["sluice", "--count", "0"], ["sluice", "--code", "3101510203000043", "--count", "2"]):
        code, out, err = mint(*argv)
        assert (code, out, len(err)) == (2, [], 1)
    assert mint("sluice", key="/nowhere")[0] == 2
    installation.cloud.stop()
    code, out, err = mint("sluice")
    assert (code, out, len(err)) == (1, [], 1)
