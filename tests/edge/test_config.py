"""The configuration: what is accepted, and how a fault is told."""

from pathlib import Path
from random import Random

import pytest

from edge.config import MAX_SECRET, load, secret
from edge.links.coap_config import Coap
from edge.links.hj212_config import Hj212Tcp
from edge.links.modbus_config import ModbusTcp
from firmware_adapters.registry import MODELS
from protocols.vocabulary import ConfigError, NeuronId

NEURON = str(NeuronId.from_int(1))
GOOD = f"""
[gateway]
id = "gw-cabinet-7"
data = "data"

[uplink]
url = "mqtt://127.0.0.1:1883"
username = "gw-cabinet-7"
password_file = "secrets/password"
hmac_key_file = "/etc/yingzhou/hmac"
key_id = 3

[spool]
max_bytes = 10_000_000
# what the disk may hold
gather_ms = 50

[health]
metrics_port = 9464

[[link]]
kind = "modbus-tcp"
name = "cabinet"
host = "10.0.0.7"
timeout_s = 0.5

[[link.device]]
neuron = "{NEURON}"
unit = 3
model = "DFRobot/SEN0658"
period_s = 10

[[link.device]]
neuron = "serial:A-17"
unit = 4
gap = 0
rows = [
  {{ observed = "voltage", address = 0, divisor = 10, invalid = [65535] }},
  {{ observed = "active_energy", address = 2, kind = "u32", order = "CDAB", unit = "W.h" }},
]

[[link]]
kind = "hj212-tcp"
name = "stations"
port = 7001
crc = "either"

[[link.device]]
mn = "010000A8900016F000169DC0"
neuron = "{NEURON}"
password = "123456"
pm_unit = "ng/m3"
intervals = ["hour"]

[[link]]
kind = "coap"
name = "posts"
"""


def written(tmp_path, text):
    path = tmp_path / "gateway.toml"
    path.write_text(text)
    return path


def test_a_whole_file(tmp_path):
    config = load(written(tmp_path, GOOD))
    assert config.gateway.id == "gw-cabinet-7"
    assert config.gateway.data == tmp_path / "data"
    assert config.uplink.password_file == tmp_path / "secrets/password"
    assert str(config.uplink.hmac_key_file) == "/etc/yingzhou/hmac"
    assert (config.uplink.window, config.uplink.key_id) == (256, 3)
    assert (config.spool.gather_ms, config.health.metrics_port) == (50, 9464)
    cabinet, stations, posts = config.link
    assert isinstance(cabinet, ModbusTcp)
    assert (cabinet.port, cabinet.retries, cabinet.device[0].period_s) == (502, 1, 10.0)
    assert cabinet.device[0].register_model().rows is MODELS["DFRobot/SEN0658"][0].registers
    assert [row.scale for row in cabinet.device[1].register_model().rows] == [(1, 10), (1, 1000)]
    assert isinstance(stations, Hj212Tcp)
    assert stations.device[0].intervals == {"hour"}
    assert isinstance(posts, Coap)
    assert posts.port == 5683


def test_what_may_be_left_out(tmp_path):
    text = '[gateway]\nid = "gw-1"\ndata = "d"\n[uplink]\nurl = "mqtts://broker.example:8883"\nhmac_key_file = "k"\n'
    config = load(written(tmp_path, text))
    assert config.link == ()
    assert config.uplink.username is None
    assert config.spool.max_bytes == 1 << 30


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            'id = "gw-cabinet-7"',
            'id = "Gateway"',
            ":3: gateway.id: 'Gateway': gateway identifier 'Gateway': expected gw-",
        ),
        ("key_id = 3", "keyid = 3", ":11: uplink.keyid: '3': Extra inputs are not permitted"),
        ("key_id = 3", "key_id = 256", ":11: uplink.key_id: '256': Input should be less than or equal to 255"),
        ('url = "mqtt://127.0.0.1:1883"', 'url = "http://x"', ":7: uplink.url: 'http://x': String should match"),
        ('username = "gw-cabinet-7"\n', "", ":6: uplink: username and password_file are given together or not at all"),
        ("gather_ms = 50", "gather_ms = 500", ":16: spool.gather_ms: '500': Input should be less than or equal to 200"),
        ("gather_ms = 50", 'gather_ms = "50"', ":16: spool.gather_ms: '50': Input should be a valid integer"),
        ("gather_ms = 50", "gather_ms = 50.5", ":16: spool.gather_ms: '50.5': Input should be a valid integer"),
        ("period_s = 10", "period_s = inf", ":31: link.0.device.0.period_s: "),
        ("unit = 3", "unit = 256", ":29: link.0.device.0.unit: '256': Input should be less than or equal to 255"),
        ("period_s = 10", "period_s = 0", ":31: link.0.device.0.period_s: '0': Input should be greater than 0"),
        (
            '"DFRobot/SEN0658"',
            '"DFRobot/X"',
            ":30: link.0.device.0.model: 'DFRobot/X': expected one of DFRobot/SEN0575",
        ),
        (f'neuron = "{NEURON}"\nunit', 'neuron = "nrn-00000001x"\nunit', ":28: link.0.device.0.neuron: "),
        ("unit = 3\n", 'unit = 3\nrows = [{ observed = "ph", address = 1 }]\n', ":27: link.0.device.0: "),
        ('unit = "W.h"', 'unit = "Pa"', ":39: link.0.device.1.rows.1: "),
        ('observed = "voltage"', 'observed = "Voltage"', ":38: link.0.device.1.rows.0: "),
        ('kind = "u32"', 'kind = "u24"', ":39: link.0.device.1.rows.1.kind: 'u24': Input should be"),
        ("address = 2", "address = 0", ":33: link.0.device.1: "),
        ('kind = "coap"', 'kind = "lora"', ":56: link.2.kind: 'lora': expected 'modbus-tcp', "),
        (
            'crc = "either"',
            'crc = "none"',
            ":46: link.1.crc: 'none': Input should be 'standard', 'modbus', 'modbus-swapped' or 'either'",
        ),
        ('intervals = ["hour"]', 'intervals = ["week"]', ":53: link.1.device.0.intervals"),
        (
            'name = "posts"',
            'name = "stations"',
            ":57: link.2.name: 'stations': link name given already: link.1.name (line 44)",
        ),
    ],
)
def test_each_fault_names_file_line_key_value_and_what_is_allowed(tmp_path, old, new, fault):
    assert old in GOOD
    path = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert f"{path}{fault}" in str(caught.value)


def test_a_missing_key_is_told_at_its_section(tmp_path):
    path = written(tmp_path, GOOD.replace('host = "10.0.0.7"\n', ""))
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value) == f"{path}:21: link.0.host: Field required"


def test_all_faults_are_told_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, GOOD.replace("unit = 3", "unit = 300").replace("gather_ms = 50", "gather_ms = 0")))
    assert len(str(caught.value).splitlines()) == 2


def test_a_list_is_not_too_short_because_its_only_item_is_wrong(tmp_path):
    text = GOOD.replace("period_s = 10", "period_s = 0").replace("unit = 4", "unit = 400")
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    assert [line.split(": ")[1] for line in str(caught.value).splitlines()] == [
        "link.0.device.0.period_s",
        "link.0.device.1.unit",
    ]


def test_a_password_is_not_told(tmp_path):
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, GOOD.replace('password = "123456"', "password = 123456")))
    assert "link.1.device.0.password" in str(caught.value)
    assert "123456" not in str(caught.value)


@pytest.mark.parametrize(
    ("double", "what"),
    [
        (
            '\n[[link]]\nkind = "coap"\nname = "posts"\nport = 5684\n',
            ": 'posts': link name given already: link.2.name (line ",
        ),
        (
            (
                '\n[[link]]\nkind = "modbus-tcp"\nname = "b"\nhost = "10.0.0.7"\n'
                'device = [{ neuron = "serial:1", model = "generic/streetlight" }]\n'
            ),
            ": '10.0.0.7:502': connection given already: link.0.host (line 24)",
        ),
        (
            '\n[[link]]\nkind = "hj212-tcp"\nname = "c"\nport = 7002\ndevice = [{ mn = "010000A8900016F000169DC0" }]\n',
            ": '010000A8900016F000169DC0': MN given already: link.1.device.0.mn (line ",
        ),
    ],
)
def test_what_can_be_there_only_once(tmp_path, double, what):
    with pytest.raises(ConfigError, match="given already") as caught:
        load(written(tmp_path, GOOD + double))
    assert what in str(caught.value)


def test_no_toml(tmp_path):
    path = written(tmp_path, "[gateway]\nid = \n")
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}:2: no TOML: ")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_no_readable_file(tmp_path, content):
    path = tmp_path / "gateway.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"gateway\.toml: "):
        load(path)


def test_a_secret_is_for_its_owner_only(tmp_path):
    path = tmp_path / "password"
    path.write_text("s3cret\n")
    path.chmod(0o600)
    assert secret(path) == "s3cret"
    for mode in (0o640, 0o604, 0o620):
        path.chmod(mode)
        with pytest.raises(ConfigError, match="expected 0600"):
            secret(path)


@pytest.mark.parametrize("content", ["", "\n", "x" * (MAX_SECRET + 1)])
def test_a_secret_of_no_use(tmp_path, content):
    path = tmp_path / "password"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="characters: expected"):
        secret(path)


def test_a_secret_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        secret(tmp_path / "password")


def test_f05_a_flipped_bit_is_a_line_that_is_named_or_a_configuration(tmp_path: Path) -> None:
    """It is a person's file and carries no checksum: what is still one is taken as it stands."""
    dice = Random(20261126)
    path = tmp_path / "gateway.toml"
    good = GOOD.encode()
    told: list[str] = []
    for _ in range(1000):
        data = bytearray(good)
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        path.write_bytes(data)
        try:
            load(path)
        except ConfigError as error:
            told.append(str(error))
    assert 0 < len(told) < 1000
    assert all("gateway.toml" in one for one in told)
