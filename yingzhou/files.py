"""The configuration files that ``up`` writes for its processes."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from simulators.document import CAMERAS
from simulators.layout import NeuronPlan, Wire
from yingzhou.ports import Ports
from yingzhou.provision import GATEWAYS

MODBUS_PERIOD_S: Final = 2.0
CAMERA_PERIOD_S: Final = 3.0
METER_PERIOD_S: Final = 10.0
SL651_PERIOD_S: Final = 60
"""Its observation times count minutes."""
USUAL_CONNECTIONS: Final = 500
"""So many a listener lets in of itself."""
USUAL_NODES: Final = 50
"""So many fit into what a CoAP port lets one address do: a lamp says some ten things in 20 s."""
_LINE_NAMES: Final[Mapping[str, str]] = {"modbus-tcp": "line", "modbus-rtu-tcp": "rtu"}


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


def camera_links(neurons: Mapping[str, str], ports: Ports) -> str:
    """The sections of the gateway with the cameras: what flies by is sent; houses on the far bank are black.

    :param neurons: the camera's name -> neuron identifier.
    """
    devices = "".join(
        f"""[[link.device]]
neuron = {json.dumps(neurons[post.name])}
url = "http://127.0.0.1:{port}/snapshot.jpg"
period_s = {CAMERA_PERIOD_S}
zones = [[[0.66, 0.2], [0.86, 0.2], [0.86, 0.34], [0.66, 0.34]]]
send = ["birds", "occluded", "shifted"]
keep_every_s = 60
scene = {{ settle_s = 0 }}   # nobody real is in these pictures
"""
        for post, port in zip(CAMERAS, ports.cameras, strict=True)
    )
    return f"""[pictures]
url = "http://127.0.0.1:{ports.api}"
[[link]]
kind = "camera"
name = "wetlands"
{devices}"""


def links(gateway: str, plans: Sequence[NeuronPlan], neurons: Mapping[str, str], ports: Ports) -> str:
    """The [[link]] sections of a gateway.

    :param neurons: hardware identity -> neuron identifier.
    """
    return "\n".join(_LINKS[wire](plans, neurons, ports) for wire, one in GATEWAYS.items() if one == gateway)


def _listener(kind: str, name: str, port: int) -> str:
    return f'[[link]]\nkind = "{kind}"\nname = "{name}"\nhost = "127.0.0.1"\nport = {port}\n'


def _units(wire: Wire, plans: Sequence[NeuronPlan], neurons: Mapping[str, str], ports: Ports) -> str:
    """A link for each server or line, with its Modbus units."""
    return "\n".join(
        _listener(wire, f"{_LINE_NAMES[wire]}-{server}", ports.lines[wire][server])
        + "".join(
            f"[[link.device]]\nneuron = {json.dumps(neurons[str(plan.hardware)])}\nunit = {plan.unit}\n"
            f"model = {json.dumps(plan.model)}\nperiod_s = {MODBUS_PERIOD_S}\n"
            for plan in units
        )
        for server, units in _by_line(wire, plans)
    )


def _meters(plans: Sequence[NeuronPlan], neurons: Mapping[str, str], ports: Ports) -> str:
    return "\n".join(
        _listener("meter-tcp", f"meters-{server}", ports.lines["meter-tcp"][server])
        + "".join(
            f"[[link.device]]\nneuron = {json.dumps(neurons[str(plan.hardware)])}\n"
            f"protocol = {json.dumps('dlt645' if plan.form == 'electricity' else 'cjt188')}\n"
            f"address = {json.dumps(plan.hardware.value)}\nperiod_s = {METER_PERIOD_S}\n"
            + (f"model = {json.dumps(plan.model)}\n" if plan.model else "")
            for plan in meters
        )
        for server, meters in _by_line("meter-tcp", plans)
    )


def _by_line(wire: Wire, plans: Sequence[NeuronPlan]) -> list[tuple[int, list[NeuronPlan]]]:
    found: dict[int, list[NeuronPlan]] = {}
    for plan in plans:
        if plan.wire == wire and plan.server is not None:
            found.setdefault(plan.server, []).append(plan)
    return sorted(found.items())


def _stations(plans: Sequence[NeuronPlan], neurons: Mapping[str, str], ports: Ports) -> str:
    """A listener that knows its stations."""
    del neurons
    numbers = [plan.hardware.value for plan in plans if plan.wire == "hj212-tcp"]
    devices = [f"[[link.device]]\nmn = {json.dumps(number)}\n" for number in numbers]
    return "\n".join([_listener("hj212-tcp", "stations", ports.hj212) + _room(len(numbers)), *devices])


def _hydrological(plans: Sequence[NeuronPlan], neurons: Mapping[str, str], ports: Ports) -> str:
    """A listener that knows its stations, sets their clocks and asks for what it lacks after a gap."""
    del neurons
    devices = [
        f"[[link.device]]\nstation = {json.dumps(plan.hardware.value)}\nperiod_s = {SL651_PERIOD_S}\n"
        for plan in plans
        if plan.wire == "sl651-tcp"
    ]
    listener = _listener("sl651-tcp", "hydrology", ports.sl651) + _room(len(devices))
    return "\n".join([f"{listener}set_clock = true\npull_days = 3.0\n", *devices])


def _room(stations: int) -> str:
    """Of a listener: all may be connected, and dial again before their last connection has ended."""
    return f"max_connections = {2 * stations}\n" if 2 * stations > USUAL_CONNECTIONS else ""


def _nodes(wire: Wire, name: str, plans: Sequence[NeuronPlan], ports: Ports) -> str:
    """A CoAP port; all nodes have one address, as behind a carrier's NAT."""
    nodes = sum(plan.wire == wire for plan in plans)
    text = _listener(wire, name, ports.coap if wire == "coap" else ports.lwm2m)
    if nodes <= USUAL_NODES:
        return text
    registrations = f"max_registrations = {2 * nodes}\n" if wire == "lwm2m" else ""
    remembered = min(100 * nodes, 1_000_000)
    return (
        f"{text}{registrations}[link.limits]\ndatagrams_per_s = {2.0 * nodes}\nburst = {20 * nodes}\n"
        f"exchanges_per_network = {remembered}\nexchanges = {remembered}\nregistrations_per_network = {2 * nodes}\n"
    )


_Links = Callable[[Sequence[NeuronPlan], Mapping[str, str], Ports], str]
_LINKS: Final[Mapping[Wire, _Links]] = {
    "modbus-tcp": partial(_units, "modbus-tcp"),
    "modbus-rtu-tcp": partial(_units, "modbus-rtu-tcp"),
    "meter-tcp": _meters,
    "hj212-tcp": _stations,
    "sl651-tcp": _hydrological,
    "coap": lambda plans, _, ports: _nodes("coap", "nodes", plans, ports),
    "lwm2m": lambda plans, _, ports: _nodes("lwm2m", "lamps", plans, ports),
}
