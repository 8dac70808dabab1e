"""Simulated Modbus devices as mbpoll (libmodbus) reads and writes them, against the datasheets' scales."""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.programs import run, talking
from tests.system.processes import REPOSITORY

pytestmark = pytest.mark.peers

LAMP, SONDE, WEATHER, SOIL, ABSENT = 1, 2, 3, 4, 99
KINDS = {LAMP: "streetlight", SONDE: "water_sonde", WEATHER: "weather_station", SOIL: "soil_probe"}
LAMP_LEVEL = 3

DATASHEETS = {
    LAMP: {0: ("voltage", 10), 1: ("current", 100), 2: ("active_power", 10), 3: ("lamp_level", 1)},
    WEATHER: {
        500: ("wind_speed", 100),
        503: ("wind_direction", 1),
        504: ("relative_humidity", 10),
        505: ("air_temperature", 10),
        506: ("noise", 10),
        507: ("pm2_5", 1),
        508: ("pm10", 1),
        509: ("air_pressure", 1),
        513: ("rainfall", 10),
    },
    SOIL: {
        0: ("soil_moisture", 10),
        1: ("soil_temperature", 10),
        2: ("soil_conductivity", 1),
        3: ("soil_ph", 10),
    },
}
"""Register -> observed property, and what the number in it is divided by."""
SPANS = {LAMP: (0, 4), WEATHER: (500, 14), SOIL: (0, 4)}
SONDE_ORDER = ("water_temperature", "ph", "dissolved_oxygen", "conductivity", "turbidity")
_PRINTED = re.compile(r"^\[(\d+)\]:\s+(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Island:
    """``yingzhou island`` with one unit of each kind."""

    port: int
    truth: Path

    def poll(self, unit: int, first: int, *options: str, values: tuple[str, ...] = ()) -> tuple[dict[int, str], str]:
        """Address -> what mbpoll printed, and its complaint."""
        line = ("-m", "tcp", "-p", str(self.port), "-o", "10", "-1", "-0", "-a", str(unit), "-r", str(first))
        done = run("mbpoll", *line, *options, "127.0.0.1", *values)
        assert (done.returncode == 0) is (done.stderr.strip() == ""), done
        return {int(at): text for at, text in _PRINTED.findall(done.stdout)}, done.stderr

    def answered(self, unit: int) -> list[tuple[str, float]]:
        """What the island says it answered last for a unit, by its own record of truth."""
        lines = [json.loads(line) for line in self.truth.read_text().splitlines()]
        of_unit = [line for line in lines if line["device"] == KINDS[unit]]
        return [(line["observed"], line["value"]) for line in of_unit]


@pytest.fixture(scope="module")
def island(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Island]:
    folder = tmp_path_factory.mktemp("island")
    units = "".join(
        f'[[modbus.unit]]\nname = "{kind}"\nunit = {unit}\nkind = "{kind}"\nhardware = "serial:{unit}"\n'
        for unit, kind in KINDS.items()
    )
    (folder / "island.toml").write_text(f'seed = 20261123\ntruth = "truth.jsonl"\n[[modbus]]\nport = 0\n{units}')
    command = [sys.executable, "-m", "yingzhou", "island", "-c", str(folder / "island.toml")]
    with talking(command, cwd=REPOSITORY) as talker:
        port = talker.hear("modbus-tcp").split(":")[1].split()[0]
        talker.hear("ready")
        yield Island(int(port), folder / "truth.jsonl")
        talker.end()
        assert talker.process.returncode == 0


@pytest.mark.parametrize("unit", DATASHEETS, ids=KINDS.get)
def test_holding_registers(island: Island, unit: int) -> None:
    first, count = SPANS[unit]
    registers, complaint = island.poll(unit, first, "-t", "4", "-c", str(count))
    assert complaint == ""
    assert list(registers) == list(range(first, first + count))
    said = dict(island.answered(unit))
    for address, (observed, divisor) in DATASHEETS[unit].items():
        number = int(registers[address])
        number -= 65_536 if number > 32_767 and observed.endswith("temperature") else 0
        assert number / divisor == said[observed], f"register {address}"


def test_floats_with_their_words_swapped(island: Island) -> None:
    """CDAB is what mbpoll calls little endian; read the other way round they make no sense."""
    floats, complaint = island.poll(SONDE, 0, "-t", "4:float", "-c", "5")
    assert complaint == ""
    said = island.answered(SONDE)
    assert [observed for observed, _ in said] == list(SONDE_ORDER)
    for address, (observed, value) in zip(range(0, 10, 2), said, strict=True):
        assert float(floats[address]) == pytest.approx(value, rel=1e-5), observed  # mbpoll prints six digits
    swapped, _ = island.poll(SONDE, 0, "-t", "4:float", "-B", "-c", "5")
    assert float(swapped[0]) != pytest.approx(float(floats[0]), rel=0.5)


def test_a_long_with_its_high_word_first(island: Island) -> None:
    lux, complaint = island.poll(WEATHER, 510, "-t", "4:int", "-B", "-c", "1")
    assert complaint == ""
    assert int(lux[510]) == dict(island.answered(WEATHER))["illuminance"]


@pytest.mark.parametrize(
    ("unit", "first", "options", "complaint"),
    [
        (LAMP, 4, ("-t", "4"), "Illegal data address"),
        (LAMP, 0, ("-t", "4", "-c", "5"), "Illegal data address"),
        (SONDE, 9, ("-t", "4:float"), "Illegal data address"),
        (WEATHER, 499, ("-t", "4"), "Illegal data address"),
        (WEATHER, 514, ("-t", "4"), "Illegal data address"),
        (SOIL, 65_535, ("-t", "4"), "Illegal data address"),
        (LAMP, 0, ("-t", "3"), "Illegal function"),
        (LAMP, 0, ("-t", "0"), "Illegal function"),
        (ABSENT, 0, ("-t", "4"), "Target device failed to respond"),
    ],
)
def test_what_is_not_there(island: Island, unit: int, first: int, options: tuple[str, ...], complaint: str) -> None:
    registers, said = island.poll(unit, first, *options)
    assert registers == {}
    assert complaint in said


def test_the_lamp_takes_a_level_and_keeps_it(island: Island) -> None:
    watts = {}
    for level in ("20", "100", "0"):
        assert island.poll(LAMP, LAMP_LEVEL, "-t", "4", values=(level,)) == ({}, "")
        registers, _ = island.poll(LAMP, 0, "-t", "4", "-c", "4")
        assert registers[LAMP_LEVEL] == level
        watts[level] = int(registers[2])
    assert watts["0"] < watts["20"] < watts["100"]


@pytest.mark.parametrize(
    ("unit", "address", "value", "complaint"),
    [
        (LAMP, LAMP_LEVEL, "101", "Illegal data value"),
        (LAMP, 0, "5", "Illegal data address"),
        (SOIL, 0, "5", "Illegal data address"),
    ],
)
def test_what_must_not_be_written(island: Island, unit: int, address: int, value: str, complaint: str) -> None:
    before, _ = island.poll(LAMP, LAMP_LEVEL, "-t", "4")
    assert complaint in island.poll(unit, address, "-t", "4", values=(value,))[1]
    after, _ = island.poll(LAMP, LAMP_LEVEL, "-t", "4")
    assert before == after
