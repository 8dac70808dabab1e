"""What only one section may have, and that it is told beside all other faults, each at its own place."""

from pathlib import Path

import pytest

from edge.claims import DIALS, EVERYWHERE, LISTENS, ON_ITS_LINK, SERIAL
from edge.config import load
from edge.links.kinds import KINDS
from protocols.vocabulary import ConfigError

HEAD = '[gateway]\nid = "gw-1"\ndata = "d"\n[uplink]\nurl = "mqtt://h"\nhmac_key_file = "k"\n'
ROWS = 'rows = [{ observed = "ph", address = 7 }]'
UNIT = '\n[[link.device]]\nneuron = "serial:{name}"\nunit = {unit}\n{meaning}\n'
MODBUS = {
    "modbus-tcp": '[[link]]\nkind = "modbus-tcp"\nname = "m"\nhost = "10.0.0.7"\n',
    "modbus-rtu": '[[link]]\nkind = "modbus-rtu"\nname = "m"\npath = "/dev/ttyS1"\n',
    "modbus-rtu-tcp": '[[link]]\nkind = "modbus-rtu-tcp"\nname = "m"\nhost = "10.0.0.7"\nport = 4001\n',
}


def faults(folder: Path, text: str, head: str = HEAD) -> list[str]:
    path = folder / "gateway.toml"
    path.write_text(head + text)
    try:
        load(path)
    except ConfigError as error:
        return [line.removeprefix(f"{folder}/") for line in str(error).splitlines()]
    return []


def listener(kind: str, port: int | None, host: str = "") -> str:
    return (
        f'[[link]]\nkind = "{kind}"\nname = "{kind}.{host.replace(":", "-")}.x"\n'
        + ("" if port is None else f"port = {port}\n")
        + (f'host = "{host}"\n' if host else "")
    )


def two(first: str, second: str) -> str:
    return first + second.replace('.x"', '.y"')


def test_every_kind_of_link_says_what_it_owns() -> None:
    owns = [*LISTENS, *DIALS, *SERIAL]
    assert sorted([*owns, "camera"]) == sorted(KINDS)
    known = {*EVERYWHERE, *ON_ITS_LINK, "coap"} | {kind for kind in KINDS if kind.startswith("modbus-")}
    assert known == set(KINDS), "and how its devices are told apart"


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (("hj212-tcp", 7001), ("sl651-tcp", 7001), "14: link.1.port: '7001': TCP port taken already"),
        (("hj212-tcp", 7001), ("hj212-tcp", 7001), "14: link.1.port: '7001': TCP port taken already"),
        (("coap", None), ("lwm2m", None), "10: link.1.port: '5683': UDP port taken already"),
        (("coap", 5684), ("sl651-udp", 5684), "14: link.1.port: '5684': UDP port taken already"),
        (("sl651-tcp", 7, "10.0.0.1"), ("hj212-tcp", 7, "0.0.0.0"), "TCP port taken already, on 10.0.0.1: link.0.port"),
        (("sl651-tcp", 7, "::"), ("hj212-tcp", 7, "10.0.0.1"), "TCP port taken already, on ::: link.0.port (line 10)"),
        (("sl651-tcp", 7, "::1"), ("hj212-tcp", 7, "0:0:0:0:0:0:0:1"), "TCP port taken already"),
        (("sl651-tcp", 7, "localhost"), ("hj212-tcp", 7, "127.0.0.1"), "TCP port taken already"),
        (("sl651-tcp", 7, "Cabinet"), ("hj212-tcp", 7, "cabinet"), "TCP port taken already"),
    ],
)
def test_two_listeners_of_one_port(tmp_path: Path, first: tuple, second: tuple, says: str) -> None:
    [told] = faults(tmp_path, two(listener(*first), listener(*second)))
    assert says in told
    assert "link.0.port (line" in told


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("sl651-tcp", 7001), ("sl651-udp", 7001)),
        (("hj212-tcp", 0), ("sl651-tcp", 0)),
        (("hj212-tcp", 7001), ("sl651-tcp", 7002)),
        (("hj212-tcp", 7001, "10.0.0.1"), ("sl651-tcp", 7001, "10.0.0.2")),
        (("hj212-tcp", 7001, "cabinet"), ("sl651-tcp", 7001, "10.0.0.2")),
        (("hj212-tcp", 7001, "::1"), ("sl651-tcp", 7001, "127.0.0.1")),
    ],
)
def test_listeners_that_go_together(tmp_path: Path, first: tuple, second: tuple) -> None:
    assert faults(tmp_path, two(listener(*first), listener(*second))) == []


def test_the_port_of_the_metrics_is_taken_too(tmp_path: Path) -> None:
    metrics = "[health]\nmetrics_port = 9464\n"
    [told] = faults(tmp_path, metrics + listener("hj212-tcp", 9464))
    assert told == (
        "gateway.toml:12: link.0.port: '9464': TCP port taken already, on 127.0.0.1: health.metrics_port (line 8)"
    )
    assert faults(tmp_path, metrics + listener("hj212-tcp", 9464, "10.0.0.1")) == []
    assert faults(tmp_path, metrics + listener("coap", 9464)) == []


@pytest.mark.parametrize("kind", MODBUS)
@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        ('model = "DFRobot/SEN0658"', 'model = "DFRobot/SEN0658"', "holding 50"),
        (ROWS, 'rows = [{ observed = "orp", address = 6, kind = "u32" }]', "holding 7"),
        (ROWS, 'rows = [{ observed = "orp", address = 7, kind = "bits", width = 1 }]', "holding 7"),
        (
            'rows = [{ observed = "relay_closed", address = 9, kind = "bit", table = "coil" }]',
            'rows = [{ observed = "relay_closed", address = 9, kind = "bit", table = "coil" }]',
            "coil 9",
        ),
    ],
)
def test_one_register_of_one_unit_is_read_by_one_device(
    tmp_path: Path, kind: str, one: str, other: str, what: str
) -> None:
    text = MODBUS[kind] + UNIT.format(name="a", unit=3, meaning=one) + UNIT.format(name="b", unit=3, meaning=other)
    [told] = faults(tmp_path, text)
    assert f".device.1.unit: '3': unit whose {what}" in told
    assert "another device reads already: link.0.device.0.unit (line " in told
    assert faults(tmp_path, text.replace("unit = 3", "unit = 4", 1)) == []


@pytest.mark.parametrize(
    "other",
    [
        'rows = [{ observed = "orp", address = 8 }]',
        'rows = [{ observed = "orp", address = 7, table = "input" }]',
    ],
)
def test_the_inputs_of_one_module_may_belong_to_several_neurons(tmp_path: Path, other: str) -> None:
    devices = UNIT.format(name="a", unit=3, meaning=ROWS) + UNIT.format(name="b", unit=3, meaning=other)
    assert faults(tmp_path, MODBUS["modbus-rtu"] + devices) == []


def test_so_may_the_bits_of_one_register(tmp_path: Path) -> None:
    row = 'rows = [{{ observed = "switched_on", address = 7, kind = "bits", low_bit = {bit}, width = 1 }}]'
    devices = [UNIT.format(name=f"n{bit}", unit=3, meaning=row.format(bit=bit)) for bit in (0, 1, 15)]
    assert faults(tmp_path, MODBUS["modbus-tcp"] + "".join(devices)) == []
    assert len(faults(tmp_path, MODBUS["modbus-tcp"] + "".join([*devices, devices[1].replace("n1", "n2")]))) == 1


def test_one_meter_is_once_on_a_line(tmp_path: Path) -> None:
    meter = (
        '[[link.device]]\nprotocol = "dlt645"\naddress = "000000000001"\nitems = ["02010100"]\nneuron = "serial:{}"\n'
    )
    line = '[[link]]\nkind = "meter-serial"\nname = "{0}"\npath = "/dev/ttyS{0}"\n'
    [told] = faults(tmp_path, line.format(1) + meter.format("a") + meter.format("b"))
    assert told == (
        "gateway.toml:18: link.0.device.1.address: '000000000001': address on this line given already: "
        "link.0.device.0.address (line 13)"
    )
    assert faults(tmp_path, line.format(1) + meter.format("a") + line.format(2) + meter.format("b")) == []


def test_lines_and_devices_that_are_there_once(tmp_path: Path) -> None:
    text = (
        '[[link]]\nkind = "lwm2m"\nname = "l"\n[[link.device]]\nendpoint = "a"\n[[link.device]]\nendpoint = "a"\n'
        'neuron = "serial:1"\n[[link.device]]\nendpoint = "b"\nneuron = "serial:1"\n'
        '[[link]]\nkind = "hj212-serial"\nname = "s"\npath = "/dev/ttyS1"\n'
        '[[link]]\nkind = "hj212-serial"\nname = "t"\npath = "/dev/ttyS1"\n'
        + MODBUS["modbus-tcp"]
        + UNIT.format(name="z", unit=1, meaning=ROWS)
        + '[[link]]\nkind = "hj212-serial-tcp"\nname = "u"\nhost = "10.0.0.7"\nport = 502\n'
    )
    assert [line.split(": ", 1)[1].partition(" (")[0] for line in faults(tmp_path, text)] == [
        "link.0.device.1.endpoint: 'a': endpoint given already: link.0.device.0.endpoint",
        "link.0.device.2.neuron: 'serial:1': neuron given already: link.0.device.1.neuron",
        "link.2.path: '/dev/ttyS1': serial line given already: link.1.path",
        "link.4.host: '10.0.0.7:502': connection given already: link.3.host",
    ]


def test_checks_that_contradict_each_other_are_told_where_they_stand(tmp_path: Path) -> None:
    """The row for all and the device's are right by themselves."""
    text = (
        '[[quality.checks]]\nobserved = "ph"\nsensor_min = 5\n'
        + MODBUS["modbus-tcp"]
        + UNIT.format(name="a", unit=1, meaning=ROWS)
        + '[[link.device.checks]]\nobserved = "ph"\nuser_min = 3\n'
    )
    [told] = faults(tmp_path, text)
    assert told.startswith("gateway.toml:19: link.0.device.0.checks.0: checks of serial:a/ph: user range 3")


BROKEN = (
    listener("hj212-tcp", 7001)
    + "idle_s = 0\n"  # line 11
    + MODBUS["modbus-tcp"]
    + UNIT.format(name="a", unit=1, meaning=ROWS)
    + UNIT.format(name="b", unit=2, meaning=ROWS + "\nperiod_s = 0")
    + UNIT.format(name="c", unit=1, meaning=ROWS)
    + '[[link]]\nkind = "lora"\nname = "x"\n'
    + listener("sl651-tcp", 7001).replace("sl651-tcp.", "hj212-tcp.")
)


def test_what_clashes_is_told_beside_every_other_fault(tmp_path: Path) -> None:
    told = faults(tmp_path, BROKEN, HEAD.replace("gw-1", "GW"))
    assert [": ".join(line.split(": ")[:2]) for line in told] == [
        "gateway.toml:2: gateway.id",
        "gateway.toml:11: link.0.idle_s",
        "gateway.toml:26: link.1.device.1.period_s",
        "gateway.toml:30: link.1.device.2.unit",
        "gateway.toml:33: link.2.kind",
        "gateway.toml:37: link.3.name",
        "gateway.toml:38: link.3.port",
    ]
    assert "link.1.device.0.unit (line 19)" in told[3]
    assert "link.0.port (line 10)" in told[6]


@pytest.mark.parametrize(
    "second",
    [
        listener("coap", 70_000),
        listener("coap", None) + "prot = 5684\n",
        listener("coap", 5683, "").replace("coap.", "coap-") + 'host = ""\n',
        listener("coap", None).replace('name = "', 'nam = "'),
    ],
)
def test_a_key_that_is_wrong_does_not_count_as_left_out(tmp_path: Path, second: str) -> None:
    """Nobody knows which port was meant."""
    told = faults(tmp_path, two(listener("lwm2m", None), second))
    assert told
    assert not [line for line in told if "already" in line]


def test_a_row_that_is_wrong_is_not_read_as_another(tmp_path: Path) -> None:
    rows = 'rows = [{{ observed = "ph", address = 7, {} = "input" }}, {{ observed = "orp", address = 9 }}]'
    devices = UNIT.format(name="a", unit=1, meaning=ROWS) + UNIT.format(name="b", unit=1, meaning=rows.format("tabel"))
    [told] = faults(tmp_path, MODBUS["modbus-tcp"] + devices)
    assert "rows.0.tabel" in told
