"""The simulated meters against what protocols.dlt645 and protocols.cjt188 make of their answers."""

from datetime import UTC, datetime

import pytest

from protocols import cjt188, dlt645
from protocols.cjt188.control import READING, VALVE
from protocols.cjt188.requests import Meter as Asked
from simulators.devices.meters import METER_TYPES, STATUS_3, ElectricityMeter, Kind, MeterWire, PipeMeter
from simulators.environment import Site, World

WORLD = World(11)
NOON = 1_795_406_400_250  # 2026-11-23T04:00:00.250Z, noon in China
HOUR = 3_600_000
E1, E2 = "000000000007", "000000000108"
W1 = "00000000000201"
WHO = dlt645.Credentials(2, "123456", "1")
UNTIL = datetime(2026, 11, 24, tzinfo=UTC)
TRIP, CLOSE = 0x1A, 0x1C
VOLTAGE = 0x0201_0100


class Line:
    """Meters, and the time by which they answer."""

    def __init__(self, *meters: ElectricityMeter | PipeMeter) -> None:
        self.now_ms = NOON
        self.wire = MeterWire(meters, lambda: self.now_ms)

    def dlt645(self, frame: dlt645.Frame) -> dlt645.Frame | None:
        """The answer, decoded; None when there is none."""
        said = self.wire.hear(dlt645.encode(frame))
        return dlt645.decode(said) if said else None

    def cjt188(self, frame: cjt188.Frame) -> cjt188.Frame | None:
        said = self.wire.hear(cjt188.encode(frame))
        return cjt188.decode(said) if said else None

    def item(self, di: int, edition: str = "2007", address: str = E1) -> dict[str, float | None]:
        """What an item reads."""
        asked = dlt645.requests.read(address, di, edition=edition)  # type: ignore[arg-type]
        answer = self.dlt645(asked)
        assert answer is not None
        data = dlt645.check(asked, answer).data
        return {one.item: one.value for one in dlt645.measurements(di, data, edition)}  # type: ignore[arg-type]


def electricity(address: str = E1, password: str | None = "123456") -> ElectricityMeter:
    return ElectricityMeter(Site(address, load="house"), address, WORLD, password)


def pipe(kind: Kind = "water", address: str = W1) -> PipeMeter:
    return PipeMeter(Site(address), kind, address, WORLD)


def only(values: dict[str, float | None]) -> float:
    (value,) = values.values()
    assert value is not None
    return value


def test_what_an_electricity_meter_tells_fits_together():
    line = Line(electricity())
    volts, amperes = only(line.item(VOLTAGE)), only(line.item(0x0202_0100))
    assert 180 < volts < 260
    factor = only(line.item(0x0206_0000))
    assert 0.4 < factor <= 1
    assert only(line.item(0x0203_0000)) == pytest.approx(volts * amperes * factor / 1000, rel=0.005)
    assert 49 < only(line.item(0x0280_0002)) < 51


def test_the_edition_of_1997_tells_the_same():
    line = Line(electricity())
    assert only(line.item(0x9010, "1997")) == only(line.item(0x0001_0000))
    assert only(line.item(0xB611, "1997")) == round(only(line.item(VOLTAGE)))
    assert only(line.item(0xB630, "1997")) == only(line.item(0x0203_0000))


def test_phases_that_the_meter_does_not_have_are_missing():
    values = list(Line(electricity()).item(0x0201_FF00).values())
    assert values[0] is not None
    assert values[1:] == [None, None]


def test_what_is_not_there_is_refused():
    line = Line(electricity())
    asked = dlt645.requests.read(E1, 0x0201_0200)
    answer = line.dlt645(asked)
    assert answer is not None
    with pytest.raises(dlt645.Refused):
        dlt645.check(asked, answer)


def switched(line: Line, command: int, who: dlt645.Credentials = WHO) -> None:
    asked = dlt645.requests.remote_switch(E1, who, command, UNTIL)
    answer = line.dlt645(asked)
    assert answer is not None
    dlt645.check(asked, answer)


def test_energy_is_counted_while_the_relay_is_closed():
    meter = electricity()
    line = Line(meter)
    before = only(line.item(0x0001_0000))
    line.now_ms += HOUR
    counted = only(line.item(0x0001_0000))
    assert counted > before
    switched(line, TRIP)
    assert (meter.meter.closed, only(line.item(0x0203_0000))) == (False, 0.0)
    line.now_ms += 5 * HOUR
    assert only(line.item(0x0001_0000)) == counted
    switched(line, CLOSE)
    assert only(line.item(0x0203_0000)) > 0


def test_status_word_3_tells_the_relay():
    line = Line(electricity())
    told = []
    for command in (CLOSE, TRIP):
        switched(line, command)
        asked = dlt645.requests.read(E1, STATUS_3)
        answer = line.dlt645(asked)
        assert answer is not None
        told.append(dlt645.check(asked, answer).data[0] & 0x10)
    assert told == [0, 0x10]


@pytest.mark.parametrize(
    ("password", "who"),
    [
        ("123456", WHO._replace(password="654321")),
        ("123456", WHO._replace(level=4)),
        (None, WHO),
        (None, WHO._replace(password="000000")),
    ],
)
def test_who_does_not_know_the_password_switches_nothing(password: str | None, who: dlt645.Credentials):
    meter = electricity(password=password)
    with pytest.raises(dlt645.Refused):
        switched(Line(meter), TRIP, who)
    assert meter.meter.closed


@pytest.mark.parametrize("asked", [dlt645.ANYONE, "AAAAAAAAAA07", E1])
def test_a_wildcard_is_answered_with_the_meter_s_own_address(asked: str):
    answer = Line(electricity()).dlt645(dlt645.requests.read(asked, VOLTAGE))
    assert answer is not None
    assert (answer.address, answer.from_meter) == (E1, True)
    found = Line(electricity()).dlt645(dlt645.requests.read_address())
    assert found is not None
    assert found.address == E1


@pytest.mark.parametrize("address", [E2, "AAAAAAAAAA08"])
def test_another_s_address_is_not_answered(address: str):
    assert Line(electricity()).dlt645(dlt645.requests.read(address, VOLTAGE)) is None


def test_a_broadcast_is_obeyed_in_silence():
    meter = electricity()
    assert Line(meter).dlt645(dlt645.requests.broadcast_time(UNTIL)) is None
    assert meter.meter.clock == bytes.fromhex("000008241126")  # eight in China, seconds first


def test_two_who_answer_at_once_are_not_understood():
    line = Line(electricity(E1), electricity(E2))
    said = line.wire.hear(dlt645.encode(dlt645.requests.read_address()))
    assert said
    assert not [one for one in dlt645.Decoder().feed(said) if isinstance(one, dlt645.Frame)]
    answer = line.dlt645(dlt645.requests.read(E2, VOLTAGE))
    assert answer is not None
    assert answer.address == E2


def reading(line: Line, kind: Kind, address: str = W1) -> dict[str, cjt188.Measurement]:
    asked = cjt188.requests.read(Asked(METER_TYPES[kind], address), 7)
    answer = line.cjt188(asked)
    assert answer is not None
    told = cjt188.measurements(METER_TYPES[kind], READING, cjt188.check(asked, answer).data)
    return {one.item: one for one in told}


@pytest.mark.parametrize("kind", ["water", "gas"])
def test_a_volume_is_counted_while_the_valve_is_open(kind: Kind):
    line = Line(pipe(kind))
    before = reading(line, kind)["current"]
    assert before.unit == "m3"
    line.now_ms += 24 * HOUR
    after = reading(line, kind)["current"]
    assert 0.1 < after.value - before.value < 1.0
    asked = cjt188.requests.valve(Asked(METER_TYPES[kind], W1), 8, 0x99)
    answer = line.cjt188(asked)
    assert answer is not None
    assert cjt188.check(asked, answer).di == VALVE
    line.now_ms += HOUR
    assert reading(line, kind)["current"].value == after.value


def test_what_a_heat_meter_tells_fits_together():
    told = {item: one.value for item, one in reading(Line(pipe("heat")), "heat").items()}
    warmth = told["supply_temperature"] - told["return_temperature"]
    assert 5 < warmth < 25
    assert told["power"] == pytest.approx(1.16 * warmth * told["flow"], rel=0.05)


@pytest.mark.parametrize(
    "asked", [Asked(METER_TYPES["water"], cjt188.ANYONE), Asked(cjt188.ANY_TYPE, W1), Asked(cjt188.ANY_TYPE, "A" * 14)]
)
def test_a_wildcard_of_type_or_address_is_answered_with_the_meter_s_own(asked: Asked):
    answer = Line(pipe()).cjt188(cjt188.requests.read(asked, 1))
    assert answer is not None
    assert (answer.meter_type, answer.address) == (METER_TYPES["water"], W1)


@pytest.mark.parametrize("asked", [Asked(METER_TYPES["gas"], W1), Asked(METER_TYPES["water"], "00000000000202")])
def test_another_type_or_address_is_not_answered(asked: Asked):
    assert Line(pipe()).cjt188(cjt188.requests.read(asked, 1)) is None


QUESTIONS = [
    pytest.param(dlt645.encode(dlt645.requests.read(E1, VOLTAGE)), id="dlt645"),
    pytest.param(cjt188.encode(cjt188.requests.read(Asked(METER_TYPES["water"], W1), 1)), id="cjt188"),
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_frame_with_a_wrong_bit_gets_no_answer(question: bytes):
    begin = question.index(0x68)
    for at in range(8 * begin, 8 * len(question)):
        line = Line(electricity(), pipe())
        broken = bytearray(question)
        broken[at // 8] ^= 1 << at % 8
        assert line.wire.hear(bytes(broken)) == b"", f"bit {at}"
        line.wire.silence()
        assert line.wire.hear(question)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_frame_may_come_in_pieces_but_not_over_a_silence(question: bytes):
    line = Line(electricity(), pipe())
    assert [line.wire.hear(bytes([byte])) for byte in question[:-1]] == [b""] * (len(question) - 1)
    assert line.wire.hear(question[-1:])
    assert line.wire.hear(question[:-1]) == b""
    line.wire.silence()
    assert line.wire.hear(question[-1:]) == b""
