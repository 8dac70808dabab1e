"""What the sections of the listeners refuse."""

import pytest
from pydantic import ValidationError

from edge.config import load
from edge.links.hj212_config import Hj212Tcp
from edge.links.sl651_config import Sl651Tcp
from protocols.vocabulary import ConfigError

_HEAD = '[gateway]\nid = "gw-1"\ndata = "d"\n[uplink]\nurl = "mqtt://h"\nhmac_key_file = "k"\n'


def sl651(**device):
    config = {"kind": "sl651-tcp", "name": "x", "port": 1, "device": [{"station": "0012345678", **device}]}
    return Sl651Tcp.model_validate(config, strict=False).device[0]


def hj212(**device):
    config = {"kind": "hj212-tcp", "name": "x", "port": 1, "device": [{"mn": "A", **device}]}
    return Hj212Tcp.model_validate(config, strict=False).device[0]


@pytest.mark.parametrize("period_s", [60, 300, 3540, 3600, 21_600, 86_400])
def test_periods_that_a_time_step_can_say(period_s):
    assert sl651(period_s=period_s).cadence_s == period_s


@pytest.mark.parametrize(
    "device",
    [
        {"period_s": 90},
        {"period_s": 5400},
        {"period_s": 0},
        {"period_s": 172_800},
        {"station": "12345678"},
        {"station": "001234567g"},
        {"station": "310151999999"},
        {"pull": ["XX"]},
        {"password": "12"},
        {"password": "abcd"},
        {"lists": "last"},
        {"neuron": "nrn-1"},
        {"mn": "1"},
    ],
)
def test_sl651_devices_that_are_refused(device):
    with pytest.raises(ValidationError):
        sl651(**device)


@pytest.mark.parametrize(
    "device", [{"pull": ["week"]}, {"pull": ["day"], "intervals": ["hour"]}, {"minute_s": 700}, {"minute_s": 60 * 7}]
)
def test_hj212_devices_that_are_refused(device):
    with pytest.raises(ValidationError):
        hj212(**device)


def test_the_number_on_the_plate_is_the_address_of_the_frame():
    assert sl651(station="310151000007").station == "3101510007"
    assert sl651(station="310151000007").source == "sl651:3101510007"


def test_a_station_belongs_to_one_listener(tmp_path):
    links = [
        f'[[link]]\nkind = "sl651-{wire}"\nname = "{wire}"\nport = 1\n[[link.device]]\nstation = "0012345678"\n'
        for wire in ("tcp", "udp")
    ]
    (tmp_path / "x.toml").write_text(_HEAD + "".join(links))
    with pytest.raises(ConfigError, match="'0012345678': SL 651 station given already"):
        load(tmp_path / "x.toml")
