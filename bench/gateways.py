"""What bench/edge_peer.py runs: our agent, the peer, and the broker and cloud behind them."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from bench import thingsboard
from bench.devices import free_port
from bench.edge_modbus import Case, gateway_toml
from protocols.uplink import Ack, HeldRanges, Stream, expand, read_header
from protocols.uplink.columns import decode
from protocols.vocabulary.topics import DOWN_ACK, topic

VENV = Path(tempfile.gettempdir()) / "yz-bench-thingsboard"
KEY = bytes(32)


class Cloud:
    """Behind the broker: counts values, each once, and says to either gateway what it waits to hear.

    :param exact: whether the peer's values are told apart by device, key and stamp; ours are by their envelopes.
    """

    def __init__(self, port: int, *, exact: bool = False) -> None:
        self.values = 0
        self._exact = exact
        self._seen: set[Any] = set()
        # a session that outlives the broker, so that nothing is lost before we are back ourselves
        self._client = Client(CallbackAPIVersion.VERSION2, "bench-cloud", clean_session=False)
        self._client.on_message = self._on_message
        self._client.on_connect = lambda client, *_: client.subscribe([("yz/v1/+/up/batch", 1), ("v1/#", 1)])
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, client: Client, _data: Any, message: Any) -> None:
        if message.topic.endswith("/up/batch"):
            self._take(client, message.payload)
        elif message.topic == "v1/gateway/telemetry" and self._exact:
            self._seen.update(thingsboard.each_value(message.payload))
            self.values = len(self._seen)
        elif message.topic == "v1/gateway/telemetry":
            self.values += thingsboard.values_in(message.payload)
        elif (answer := thingsboard.answer_to(message.topic)) is not None:
            client.publish(*answer, qos=1)

    def _take(self, client: Client, envelope: bytes) -> None:
        header = read_header(envelope)
        key = (header.epoch, header.sequence)
        if key not in self._seen:
            self._seen.add(key)
            self.values += len(decode(expand(envelope, header), header.readings).time)
        held = HeldRanges(Stream.READINGS, header.epoch, ((header.sequence, header.sequence),))
        client.publish(topic(header.gateway, DOWN_ACK), Ack(header.gateway, (held,)).encode(KEY), qos=1)


class Broker:
    """A Mosquitto that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n"
            f"persistence true\npersistence_location {folder}/\nqueue_qos0_messages true\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["mosquitto", "-c", str(self._config)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait()


class Gateway(Protocol):
    """What polls the devices and publishes to the broker."""

    name: str

    def __init__(self, folder: Path, case: Case, ports: list[int], mqtt_port: int) -> None: ...

    def start(self) -> "subprocess.Popen[bytes]": ...


class Ours:
    name = "yingzhou"

    def __init__(self, folder: Path, case: Case, ports: list[int], mqtt_port: int) -> None:
        self._path = gateway_toml(folder, case, ports, free_port(), checks=True)
        text = self._path.read_text().replace("mqtt://127.0.0.1:1", f"mqtt://127.0.0.1:{mqtt_port}")
        self._path.write_text(text)
        self._folder = folder

    def start(self) -> "subprocess.Popen[bytes]":
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen([sys.executable, "-m", "yingzhou", "edge", "-c", str(self._path)], stderr=log)


class Theirs:
    name = f"thingsboard-gateway {thingsboard.VERSION}"

    def __init__(self, folder: Path, case: Case, ports: list[int], mqtt_port: int) -> None:
        self._folder = folder / "thingsboard"
        self._program = thingsboard.installed(VENV)
        thingsboard.configure(self._folder, VENV, ports, case.devices, case.tags, mqtt_port, "file")

    def start(self) -> "subprocess.Popen[bytes]":
        return thingsboard.start(self._folder, self._program)
