"""The list of device models, and the page that is made of it."""

import json
from pathlib import Path

import pytest

from firmware_adapters.device_model import USES
from firmware_adapters.registry import MODELS
from firmware_adapters.sheet import lines_of, markdown
from yingzhou.__main__ import main

PAGE = Path(__file__).parents[2] / "docs" / "devices.md"
EVERY = [model for versions in MODELS.values() for model in versions]


def test_the_page_is_what_the_registry_says():
    page = markdown(model for name in sorted(MODELS, key=str.lower) for model in MODELS[name])
    assert PAGE.read_text("utf-8") == page, "python -m yingzhou devices --markdown > docs/devices.md"
    for model in EVERY:
        assert page.count(f"| `{model.name}` | {model.firmware} |") == 1


def test_every_kind_of_device_is_there():
    assert {model.use for model in EVERY} == set(USES)
    assert {wire for model in EVERY for wire in model.wires} == {
        "Modbus", "HJ 212", "LwM2M", "SL 651", "DL/T 645", "CJ/T 188",
    }  # fmt: skip


def test_the_command_prints_the_page(capsys):
    assert main(["devices", "--markdown"]) == 0
    assert capsys.readouterr().out == PAGE.read_text("utf-8")


def test_a_line_for_each_model(capsys):
    assert main(["devices"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(EVERY)
    assert any(line.startswith("DFRobot/SEN0604 ") and "soil probe" in line for line in lines)


def test_one_model_in_full(capsys):
    assert main(["devices", "truebner/smt100"]) == 0
    out = capsys.readouterr().out
    assert "source: slowtec/truebner-smt100" in out
    assert "holding 0000" in out
    assert "-10000 / 100 range -40 to 80" in " ".join(out.split())


def test_as_objects(capsys):
    assert main(["devices", "--json"]) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(objects) == len(EVERY)
    by_name = {(one["vendor"], one["model"]): one for one in objects}
    rows = by_name["Lufft", "WS600-UMB"]["rows"]
    assert rows[0] == {"place": "input 000A", "series": "relative_humidity", "unit": "%", "how": "s16 / 10 none: 7FFF"}
    assert all(one["rows"] for one in objects)


def test_a_model_that_is_not_there_is_told_which_are(capsys):
    assert main(["devices", "acme/x"]) == 2
    assert "acme/x: expected one of " in capsys.readouterr().err


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.name)
def test_every_row_has_a_line(model):
    assert len(lines_of(model)) >= len(model.registers) + len(model.factors) + len(model.resources)
