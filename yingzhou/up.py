"""``yingzhou up``: cloud, edge agents and the simulated island as processes of their own, in one folder."""

import argparse
import asyncio
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import httpx

from cloud.ownership import owned
from protocols.vocabulary import ConfigError
from simulators.document import Wiring, island_toml
from simulators.layout import EVERYTHING, NeuronPlan, layout, lines_of
from simulators.scenarios import SCENARIOS, Cut, described, known_scenario
from yingzhou.cable import Cable
from yingzhou.children import STOP_S, Child
from yingzhou.files import SL651_PERIOD_S, camera_links, cloud_toml, gateway_toml, links
from yingzhou.ports import Ports, check_free, choose
from yingzhou.provision import CAMERA_GATEWAY, GATEWAYS, Provisioner
from yingzhou.running import run_until_stopped

READY_S: Final = 60.0
STATUS_S: Final = 2.0
QUIET_S: Final = 15.0
"""Between status lines when nobody looks at a terminal."""
HJ212_PERIOD_S: Final = 10.0
COAP_PERIOD_S: Final = 15.0
LWM2M_PERIOD_S: Final = 20.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """design.md §9."""
    parser.add_argument("--port", type=int, default=8080, help="of API and console; 0: a free one (default 8080)")
    parser.add_argument("--mqtt-port", type=int, default=1883, help="of the broker; 0: a free one (default 1883)")
    parser.add_argument(
        "--data", type=Path, default=Path("data"), help="the folder that keeps everything (default ./data)"
    )
    parser.add_argument(
        "--neurons",
        type=int,
        default=EVERYTHING,
        help=f"simulated sensing nodes (default {EVERYTHING}: every kind in every town)",
    )
    parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds in a real one (default 1)")
    parser.add_argument("--seed", type=int, default=1, help="of the simulated island (default 1)")
    parser.add_argument("--scenario", type=scenario, metavar="NAME", help=f"what befalls the island. {described()}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")


def scenario(name: str) -> str:
    """For argparse.

    :raises ArgumentTypeError: there is none of that name; those there are.
    """
    try:
        return known_scenario(name)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace) -> int:
    """0 when it was stopped.

    :raises ConfigError: a port is taken, or the folder cannot be written.
    """
    bounds = (("--neurons", 1, 999_999), ("--speed", 0.001, 100_000), ("--port", 0, 65_535), ("--mqtt-port", 0, 65_535))
    for option, low, high in (*bounds, ("--seed", 0, 2**53)):
        value = getattr(args, option[2:].replace("-", "_"))
        if not low <= value <= high:  # so that nan, too, is refused
            raise ConfigError(f"{option} {value}: expected {low} to {high}")
    return run_until_stopped(Up(args).run(), verbose=args.verbose)


class Up:
    """The whole house on one machine."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._data: Path = args.data.absolute()
        self._plans: list[NeuronPlan] = layout(args.neurons, args.seed)
        self._children: list[Child] = []
        self._cut: Cut | None = SCENARIOS[args.scenario].cut if args.scenario else None

    async def run(self) -> None:
        """Until cancelled; everything is stopped when it returns, the last started first.

        :raises ConfigError: a port is taken, another one is running in the folder, or it cannot be written.
        """
        if not self._data.exists():  # a folder that this start would make is not left behind by one that cannot be
            check_free(api=self._args.port, mqtt=self._args.mqtt_port)
        with owned(self._data, "up"):
            await self._last_one_ended()
            await self._run()

    async def _last_one_ended(self) -> None:
        """The processes of a killed one end by themselves, but may need a moment for it.

        :raises ConfigError: a cloud stays in the folder.
        """
        until_s = time.monotonic() + STOP_S
        while True:
            try:
                with owned(self._data, "cloud"):
                    return
            except ConfigError:
                if time.monotonic() > until_s:
                    raise
            await asyncio.sleep(0.1)

    async def _run(self) -> None:
        began_s = time.monotonic()
        for name in ("logs", "gateways"):
            (self._data / name).mkdir(exist_ok=True, mode=0o700)
        lines = lines_of(self._plans)
        ports = choose(self._data / "ports.json", api=self._args.port, mqtt=self._args.mqtt_port, lines=lines)
        async with AsyncExitStack() as stack:
            cable = await stack.enter_async_context(Cable(ports.mqtt)) if self._cut else None
            try:
                await self._start(ports, began_s, cable)
                async with asyncio.TaskGroup() as group:
                    for child in self._children:
                        group.create_task(child.watch())
                    group.create_task(self._tell(ports))
                    if self._cut is not None and cable is not None:
                        group.create_task(self._cut_off(cable, self._cut))
            finally:
                await self._stop()

    async def _cut_off(self, cable: Cable, cut: Cut) -> None:
        """Take a gateway's line away, and give it back."""
        hour_s = 3600 / self._args.speed
        _say(f"scenario: {cut.gateway} will be cut off in {cut.from_h * hour_s:.0f} s")
        await asyncio.sleep(cut.from_h * hour_s)
        cable.cut()
        _say(f"scenario: {cut.gateway} is cut off from the cloud for {(cut.to_h - cut.from_h) * hour_s:.0f} s")
        await asyncio.sleep((cut.to_h - cut.from_h) * hour_s)
        cable.mend()
        _say(f"scenario: {cut.gateway} has its line again, and sends what it kept")

    async def _start(self, ports: Ports, began_s: float, cable: Cable | None) -> None:
        _say(f"data in {self._data}")
        (self._data / "cloud.toml").write_text(cloud_toml(ports, self._data))
        cloud = await self._child("cloud", ["cloud", "-c", str(self._data / "cloud.toml")])
        await self._ready(cloud, ports)
        async with self._api(ports) as api:
            provisioner = Provisioner(api, self._data / "gateways", _say)
            credentials = await provisioner.gateways()
            neurons = await provisioner.neurons(self._plans)
            cameras = await provisioner.cameras()
            await provisioner.rules(len(self._plans))
            link = await _console_link(api, ports)
        for gateway in dict.fromkeys(GATEWAYS.values()):
            path = self._data / "gateways" / gateway / "gateway.toml"
            uplink = cable.port if cable and self._cut and self._cut.gateway == gateway else None
            sections = links(gateway, self._plans, neurons, ports)
            path.write_text(gateway_toml(gateway, credentials[gateway], ports, sections, uplink))
            await self._child(gateway, ["edge", "-c", str(path)])
        await self._cameras(credentials[CAMERA_GATEWAY], cameras, ports)
        (self._data / "island.toml").write_text(self._island_toml(ports))
        told = [] if self._args.scenario is None else ["--scenario", self._args.scenario]
        await self._child("island", ["island", "-c", str(self._data / "island.toml"), *told])
        towns = len({plan.town for plan in self._plans})
        took_s = time.monotonic() - began_s
        _say(f"{len(self._plans)} neurons in {towns} towns and {len(cameras)} cameras, ready after {took_s:.1f} s")
        print(
            f"""
  console  {link}
  API      http://127.0.0.1:{ports.api}/docs  (key in {self._data}/secrets/admin-api-key)
  wires    MQTT {ports.mqtt}, HJ 212 {ports.hj212}, SL 651 {ports.sl651}, CoAP {ports.coap}, LwM2M {ports.lwm2m},
           Modbus TCP {ports.lines["modbus-tcp"][0]}, serial servers {ports.lines["modbus-rtu-tcp"][0]} (Modbus RTU)
           and {ports.lines["meter-tcp"][0]} (meters), cameras {ports.cameras[0]} ..., all on 127.0.0.1
  Ctrl-C stops everything; the next start goes on where this one stopped.
""",
            flush=True,
        )

    async def _cameras(self, credentials: dict[str, Any], neurons: dict[str, str], ports: Ports) -> None:
        path = self._data / "gateways" / CAMERA_GATEWAY / "gateway.toml"
        path.write_text(gateway_toml(CAMERA_GATEWAY, credentials, ports, camera_links(neurons, ports)))
        await self._child(CAMERA_GATEWAY, ["edge", "-c", str(path)])

    async def _child(self, name: str, arguments: list[str]) -> Child:
        child = Child(name, arguments, self._data / "logs" / f"{name}.log", _say)
        self._children.append(child)
        await child.start()
        return child

    async def _stop(self) -> None:
        _say("stopping ...")
        for child in reversed(self._children):
            await child.stop()
        _say("stopped")

    async def _ready(self, cloud: Child, ports: Ports) -> None:
        until_s = time.monotonic() + READY_S
        async with httpx.AsyncClient() as probe:
            while True:
                try:
                    if (await probe.get(f"http://127.0.0.1:{ports.api}/readyz")).status_code == httpx.codes.OK:
                        return
                except httpx.HTTPError:
                    pass
                if not cloud.running or time.monotonic() > until_s:
                    raise ConfigError(f"the cloud does not start: {cloud.tail()}")
                await asyncio.sleep(0.05)

    def _api(self, ports: Ports) -> httpx.AsyncClient:
        key = (self._data / "secrets" / "admin-api-key").read_text().strip()
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{ports.api}", headers={"Authorization": f"Bearer {key}"}, timeout=30
        )

    def _island_toml(self, ports: Ports) -> str:
        wiring = Wiring(
            lines=ports.lines,
            hj212_port=ports.hj212,
            sl651_port=ports.sl651,
            coap_port=ports.coap,
            lwm2m_port=ports.lwm2m,
            camera_ports=ports.cameras,
            hj212_period_s=HJ212_PERIOD_S * self._args.speed,
            coap_period_s=COAP_PERIOD_S * self._args.speed,
            lwm2m_period_s=LWM2M_PERIOD_S * self._args.speed,
            sl651_period_s=SL651_PERIOD_S * self._args.speed,
        )
        return island_toml(self._plans, wiring, seed=self._args.seed, speed=self._args.speed)

    async def _tell(self, ports: Ports) -> None:
        """One live line on a terminal; elsewhere a line now and then."""
        live = sys.stdout.isatty()
        stored, at_s = 0.0, time.monotonic()
        async with self._api(ports) as api:
            while True:
                await asyncio.sleep(STATUS_S if live else QUIET_S)
                try:
                    numbers = _metrics((await api.get("/metrics")).text)
                except httpx.HTTPError as error:
                    _say(f"the API does not answer: {error!r}")
                    continue
                now_s, now_stored = time.monotonic(), numbers.get("yz_ingest_readings_stored_total", 0.0)
                line = _status_line(numbers, (now_stored - stored) / (now_s - at_s), self._children)
                stored, at_s = now_stored, now_s
                print(f"\r\x1b[2K{line}" if live else line, end="" if live else "\n", flush=True)


def _status_line(numbers: dict[str, float], rate: float, children: list[Child]) -> str:
    alive = sum(child.running for child in children)
    return (
        f"{time.strftime('%H:%M:%S')}  {alive}/{len(children)} processes  "
        f"{numbers.get('yz_ingest_readings_stored_total', 0):,.0f} readings ({max(0.0, rate):,.0f}/s)  "
        f"{numbers.get('yz_latest_datastreams', 0):,.0f} datastreams  "
        f"{numbers.get('yz_quarantine_rows', 0):,.0f} in quarantine  {numbers.get('yz_alarms_active', 0):,.0f} alarms"
    )


def _metrics(text: str) -> dict[str, float]:
    """Prometheus text to name -> sum over labels."""
    numbers: dict[str, float] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            name = name.partition("{")[0]
            numbers[name] = numbers.get(name, 0.0) + float(value)
    return numbers


async def _console_link(api: httpx.AsyncClient, ports: Ports) -> str:
    answer = await api.post("/api/v1/tickets", json={})
    if not answer.is_success:
        return f"http://127.0.0.1:{ports.api}/"
    return f"http://127.0.0.1:{ports.api}/login?ticket={answer.json()['ticket']}"


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)
