"""How a model is found: by name, firmware, and what the configuration says of firmware that nobody documented."""

import pytest

from firmware_adapters.device_model import DeviceModel
from firmware_adapters.firmware import ANY, Firmware
from firmware_adapters.registry import Catalogue
from firmware_adapters.rows import RegisterRow


def probe(firmware: Firmware = ANY, model: str = "probe") -> DeviceModel:
    return DeviceModel("v", model, "a probe", "its manual", firmware, registers=(RegisterRow("ph", 0),))


OLD, NEW = probe(Firmware("1.0", "2.0")), probe(Firmware("2.5", "4"))
VERSIONS = Catalogue([NEW, OLD])


def test_models_stand_by_name_and_firmware():
    assert list(VERSIONS) == ["v/probe"]
    assert VERSIONS["v/probe"] == (OLD, NEW)


@pytest.mark.parametrize(("firmware", "model"), [("1.0", OLD), ("V1.99", OLD), ("2.5", NEW), ("3.9.9", NEW)])
def test_the_rows_of_that_firmware_are_taken(firmware, model):
    for unlisted in ("refuse", "nearest"):
        assert VERSIONS.found("v/probe", firmware, unlisted) == (model, "")


@pytest.mark.parametrize(
    ("firmware", "nearest"), [("0.9", OLD), ("2.0", OLD), ("2.4", OLD), ("4", NEW), ("11", NEW), (None, NEW)]
)
def test_a_firmware_that_nobody_documented_is_refused_or_the_next_older_rows_are_taken(firmware, nearest):
    said = "firmware is not given" if firmware is None else f"firmware {firmware} is not documented"
    with pytest.raises(ValueError, match=f"^v/probe: {said}; documented: from 1.0 before 2.0, from 2.5 before 4$"):
        VERSIONS.found("v/probe", firmware)
    found = VERSIONS.found("v/probe", firmware, "nearest")
    assert found.model is nearest
    assert found.note == f"v/probe: {said}; rows of firmware {nearest.firmware} are used"


def test_a_model_for_all_firmware_needs_none():
    one = probe()
    for firmware in (None, "7"):
        assert Catalogue([one]).found("v/probe", firmware) == (one, "")
    with pytest.raises(ValueError, match="expected numbers"):
        Catalogue([one]).found("v/probe", "beta")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ANY, ANY),
        (ANY, Firmware("2")),
        (Firmware("1", "2.1"), Firmware("2")),
        (Firmware(before="3"), Firmware(before="1")),
    ],
)
def test_two_models_for_one_firmware_are_refused(one, other):
    with pytest.raises(ValueError, match=r"v/probe: firmware .* and .* overlap"):
        Catalogue([probe(one), probe(Firmware("90", "91")), probe(other)])
    Catalogue([probe(one), probe(other, "another")])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vendor": "a/b"}, "expected a name without /"),
        ({"model": ""}, "expected a name without /"),
        ({"manual": ""}, "where are the facts from"),
        ({"registers": ()}, "no rows"),
        ({"registers": (RegisterRow("ph", 0), RegisterRow("orp", 0))}, "share address 0"),
    ],
)
def test_a_model_that_cannot_be_is_refused(arguments, message):
    sound = {"vendor": "v", "model": "m", "what": "w", "manual": "m", "registers": (RegisterRow("ph", 0),)}
    with pytest.raises(ValueError, match=message):
        DeviceModel(**sound | arguments)
