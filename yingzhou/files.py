"""The configuration files that ``up`` writes for its processes."""

import json
from pathlib import Path
from typing import Any, Final

from simulators.layout import NeuronPlan
from yingzhou.ports import Ports

MODBUS_PERIOD_S: Final = 2.0
CAMERA_PERIOD_S: Final = 3.0
SL651_PERIOD_S: Final = 60
"""Its observation times count minutes."""


def cloud_toml(ports: Ports, data: Path) -> str:
    """cloud.toml."""
    return f"""# written by yingzhou up
[api]
host = "127.0.0.1"
port = {ports.api}
[data]
dir = {json.dumps(str(data))}
[broker]
mqtt_host = "127.0.0.1"
mqtt_port = {ports.mqtt}
[webhooks]
allow_targets = ["127.0.0.0/8", "::1/128"]   # this is a machine of your own: webhooks may go to it
"""


def gateway_toml(gateway: str, credentials: dict[str, Any], ports: Ports, links: str, uplink: int | None = None) -> str:
    """gateway.toml of one gateway.

    :param uplink: the port where the broker is reached; None: its own.
    :param credentials: username, key_id, password_file, hmac_key_file.
    """
    folder = Path(credentials["password_file"]).parent
    return f"""# written by yingzhou up
[gateway]
id = {json.dumps(gateway)}
data = {json.dumps(str(folder))}
[uplink]
url = "mqtt://127.0.0.1:{ports.mqtt if uplink is None else uplink}"
username = {json.dumps(credentials["username"])}
password_file = {json.dumps(str(credentials["password_file"]))}
hmac_key_file = {json.dumps(str(credentials["hmac_key_file"]))}
key_id = {credentials["key_id"]}
{links}"""


def camera_links(neuron: str, ports: Ports) -> str:
    """The sections of the gateway with the camera: what flies by is sent; houses on the far bank are black."""
    return f"""[pictures]
url = "http://127.0.0.1:{ports.api}"
[[link]]
kind = "camera"
name = "wetland"
[[link.device]]
neuron = {json.dumps(neuron)}
url = "http://127.0.0.1:{ports.camera}/snapshot.jpg"
period_s = {CAMERA_PERIOD_S}
zones = [[[0.66, 0.2], [0.86, 0.2], [0.86, 0.34], [0.66, 0.34]]]
send = ["birds", "occluded", "shifted"]
keep_every_s = 60
scene = {{ settle_s = 0 }}   # nobody real is in these pictures
"""


def links(wire: str, plans: list[NeuronPlan], neurons: dict[str, str], ports: Ports) -> str:
    """The [[link]] sections of the gateway of one wire.

    :param neurons: hardware identity -> neuron identifier.
    """
    if wire == "hj212-tcp":
        return f'[[link]]\nkind = "hj212-tcp"\nname = "stations"\nhost = "127.0.0.1"\nport = {ports.hj212}\n'
    if wire == "sl651-tcp":
        return _hydrological(plans, ports)
    if wire == "coap":
        return f'[[link]]\nkind = "coap"\nname = "nodes"\nhost = "127.0.0.1"\nport = {ports.coap}\n'
    parts = []
    for server, port in enumerate(ports.modbus):
        units = [plan for plan in plans if plan.server == server]
        if not units:
            continue
        parts.append(f'[[link]]\nkind = "modbus-tcp"\nname = "line-{server}"\nhost = "127.0.0.1"\nport = {port}\n')
        parts += [
            f"[[link.device]]\nneuron = {json.dumps(neurons[str(plan.hardware)])}\nunit = {plan.unit}\n"
            f"model = {json.dumps(plan.model)}\nperiod_s = {MODBUS_PERIOD_S}\n"
            for plan in units
        ]
    return "\n".join(parts)


def _hydrological(plans: list[NeuronPlan], ports: Ports) -> str:
    """A listener that knows its stations, sets their clocks and asks for what it lacks after a gap."""
    link = f'[[link]]\nkind = "sl651-tcp"\nname = "hydrology"\nhost = "127.0.0.1"\nport = {ports.sl651}\n'
    devices = [
        f"[[link.device]]\nstation = {json.dumps(plan.hardware.value)}\nperiod_s = {SL651_PERIOD_S}\n"
        for plan in plans
        if plan.wire == "sl651-tcp"
    ]
    return "\n".join([f"{link}set_clock = true\npull_days = 3.0\n", *devices])
