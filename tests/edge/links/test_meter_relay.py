"""The relay of a simulated DL/T 645 meter: commanded only where the configuration lets it, and read back."""

import pytest

from edge.commands.actuator import Actuator, Actuators, Unfit
from edge.links.meter_config import Dlt645Device
from protocols import dlt645
from protocols.dlt645.control import REMOTE_SWITCH
from protocols.vocabulary import ConfigError, DeviceRefused, ManualClock, Point, YingzhouError
from tests.edge.lines.cable import plug
from tests.edge.links.meter_liar import E1, E2, MeterLiar, electricity, water
from tests.edge.links.recorder import Recorder
from tests.edge.links.running import running, until
from tests.edge.links.test_meters import electric, link_to, pipe, polled

POINT = Point(f"meter:{E1}", "relay_closed")
MODEL = "generic/single-phase-relay"


@pytest.fixture
async def wire(tmp_path):
    with plug(tmp_path / "tty") as one:
        yield one


@pytest.fixture
async def liar(wire):
    lying = MeterLiar(wire.say, electricity(E1, "246810"), electricity(E2, "246810"), water())
    wire.hear = lying.hear
    return lying


@pytest.fixture
def password(tmp_path):
    path = tmp_path / "meter-password"
    path.write_text("246810\n")
    path.chmod(0o600)
    return path


def switched(password, address: str = E1, **more):
    relay = {"password_file": str(password), **more}
    return {"protocol": "dlt645", "address": address, "model": MODEL, "period_s": 1.0, "relay": relay}


def switches(liar):
    return [dlt645.decode(one) for one in liar.questions if dlt645.decode(one).function == REMOTE_SWITCH]


async def test_a_relay_is_opened_and_closed_and_read_back(wire, liar, password):
    clock, intake = ManualClock(), Recorder()
    link = link_to(wire.path, clock, switched(password), timeout_s=5.0)
    assert isinstance(link, Actuator)
    actuators = Actuators([link])
    meter = liar.wire.meters[0].meter
    async with running(link, intake):
        await until(lambda: link.status().up)
        assert actuators.fit(POINT, 0.0) == 0.0
        assert await actuators.write(POINT, 0.0) == 0.0
        assert not meter.closed
        assert await actuators.read(POINT, 0.0) == 0.0
        await polled(link, clock, intake)
        assert intake.readings[-1].point == POINT
        assert intake.readings[-1].value == 0.0
        assert await actuators.write(POINT, 1.0) == 1.0
        assert meter.closed
    commands = [frame.data[8] for frame in switches(liar)]
    assert commands == [0x1A, 0x1C]


async def test_without_the_models_word_nothing_is_switched(wire, liar, password):
    model = {"protocol": "dlt645", "address": E1, "model": MODEL}
    link = link_to(wire.path, ManualClock(), model, switched(password, E2), pipe())
    actuators = Actuators([link])
    with pytest.raises(Unfit, match="no device of this gateway has it"):
        actuators.fit(POINT, 0.0)
    with pytest.raises(Unfit):
        await link.write(POINT.source, "relay_closed", "", 0.0)
    assert link.fit(f"meter:{E2}", "relay_closed", "", 0.0) == 0.0
    assert link.fit(f"meter:{E2}", "voltage", "a", 230.0) is None
    with pytest.raises(Unfit, match=r"0\.5: expected 1 .closed. or 0 .open."):
        link.fit(f"meter:{E2}", "relay_closed", "", 0.5)


async def test_a_wrong_password_is_the_meters_no(wire, liar, password):
    password.write_text("111111")
    link = link_to(wire.path, ManualClock(), switched(password), timeout_s=5.0)
    async with running(link, Recorder()):
        with pytest.raises(DeviceRefused, match="wrong password or not authorised"):
            await Actuators([link]).write(POINT, 0.0)
    assert liar.wire.meters[0].meter.closed


@pytest.mark.parametrize(("text", "mode"), [("12345", 0o600), ("246810", 0o644), ("secret", 0o600)])
async def test_a_password_file_that_is_wrong_switches_nothing_and_is_told_without_the_password(
    wire, liar, password, text, mode
):
    password.write_text(text)
    password.chmod(mode)
    link = link_to(wire.path, ManualClock(), switched(password), timeout_s=5.0)
    async with running(link, Recorder()):
        with pytest.raises(ConfigError, match="meter-password") as error:
            await Actuators([link]).write(POINT, 0.0)
    assert text not in str(error.value)
    assert switches(liar) == []


async def test_a_command_without_an_answer_is_sent_once_and_what_the_meter_says_counts(wire, liar, password):
    liar.script = lambda question, answer: None if dlt645.decode(question).function == REMOTE_SWITCH else answer
    link = link_to(wire.path, ManualClock(), switched(password))
    async with running(link, Recorder()):
        assert await Actuators([link]).write(POINT, 0.0) == 0.0
    assert len(switches(liar)) == 1
    assert link.status().devices[0].errors["write_silence"] == 1


async def test_a_meter_that_is_gone(wire, liar, password):
    liar.script = lambda _, __: None
    link = link_to(wire.path, ManualClock(), switched(password))
    async with running(link, Recorder()):
        with pytest.raises(YingzhouError, match="no answer"):
            await Actuators([link]).write(POINT, 0.0)
    assert len(switches(liar)) == 1


async def test_a_key_must_be_pressed(wire, liar, password):
    link = link_to(wire.path, ManualClock(), switched(password, closing="allowed"), timeout_s=5.0)
    async with running(link, Recorder()):
        await Actuators([link]).write(POINT, 1.0)
    assert switches(liar)[0].data[8] == 0x1B


@pytest.mark.parametrize(
    ("device", "why"),
    [
        (electric(relay={"password_file": "p"}), "relay: expected a model, or status and open_bit"),
        ({"model": "generic/single-phase", "relay": {"password_file": "p"}}, "relay: generic/single-phase has none"),
        ({"model": "generic/three-phase-1997", "relay": {"password_file": "p"}}, "relay: only DL/T 645-2007"),
        ({"model": "generic/three-phase-1997", "edition": "2007"}, "edition: generic/three-phase-1997 is one of 1997"),
        ({"model": "acme/x"}, "expected one of generic/single-phase, "),
        ({}, "expected a model, items or rows"),
        ({"model": MODEL, "relay": {}}, "relay.password_file"),
    ],
)
def test_what_a_section_may_not_say(device, why):
    with pytest.raises(ValueError, match=why):
        Dlt645Device.model_validate({"protocol": "dlt645", "address": E1, **device}, strict=False)
