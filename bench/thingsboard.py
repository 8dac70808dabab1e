"""The peer of bench/edge_peer.py: thingsboard-gateway, its Modbus connector, in a virtual environment of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VERSION = "3.8.5"


def installed(venv: Path) -> Path:
    """The peer's program; installed when it is not there yet."""
    program = venv / "bin" / "thingsboard-gateway"
    if not program.exists():
        print(f"installing thingsboard-gateway {VERSION} into {venv} (once) ...", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"thingsboard-gateway=={VERSION}"], check=True)
    return program


def configure(
    folder: Path, venv: Path, ports: list[int], devices: int, tags: int, mqtt_port: int, storage: str
) -> None:
    """Files for it to poll ``devices`` units behind each port, ``tags`` registers each, every second."""
    package = next((venv / "lib").glob("python*")) / "site-packages" / "thingsboard_gateway" / "config"
    config = folder / "config"
    config.mkdir(parents=True)
    (folder / "logs").mkdir()
    gateway: dict[str, Any] = json.loads((package / "tb_gateway.json").read_text())
    gateway["thingsboard"] |= {
        "host": "127.0.0.1",
        "port": mqtt_port,
        "remoteConfiguration": False,
        "security": {"type": "accessToken", "accessToken": "bench"},
        # its own throttle is for its cloud's limits; "0:0," is how it is switched off
        **dict.fromkeys([name for name in gateway["thingsboard"] if name.endswith("Limits")], "0:0,"),
    }
    gateway["thingsboard"]["statistics"]["enable"] = False
    gateway["storage"] |= {"type": storage, "data_folder_path": f"{folder}/data/"}
    gateway["connectors"] = [{"type": "modbus", "name": "modbus", "configuration": "modbus.json"}]
    (config / "tb_gateway.json").write_text(json.dumps(gateway))
    shutil.copy(package / "logs.json", config)
    slaves = [slave(port, unit, tags) for port in ports for unit in range(1, devices + 1)]
    (config / "modbus.json").write_text(
        json.dumps({"name": "modbus", "logLevel": "ERROR", "master": {"slaves": slaves}})
    )


def slave(port: int, unit: int, tags: int) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": port,
        "type": "tcp",
        "method": "socket",
        "unitId": unit,
        "deviceName": f"{port}-{unit}",
        "deviceType": "default",
        "timeout": 5,
        "byteOrder": "BIG",
        "wordOrder": "BIG",
        "retries": 1,
        "pollPeriod": 1000,
        "connectAttemptTimeMs": 500,
        "connectAttemptCount": 5,
        "waitAfterFailedAttemptsMs": 2000,
        **{name: [] for name in ("attributes", "attributeUpdates", "rpc")},
        "timeseries": [
            {"tag": f"t{n}", "type": "16uint", "address": n, "objectsCount": 1, "functionCode": 3, "divider": 10}
            for n in range(tags)
        ],
    }


def start(folder: Path, program: Path) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "TB_GW_CONFIG_DIR": f"{folder}/config/"}
    with (folder / "out.log").open("ab") as log:
        return subprocess.Popen([program], cwd=folder, env=environment, stdout=log, stderr=log)


def values_in(payload: bytes) -> int:
    """Values of one message on ``v1/gateway/telemetry``."""
    told = json.loads(payload)
    return sum(len(entry.get("values", {})) for entries in told.values() for entry in entries)


def each_value(payload: bytes) -> Iterator[tuple[str, int, str]]:
    """Device, stamp and key of each value of such a message."""
    for device, entries in json.loads(payload).items():
        for entry in entries:
            for key in entry.get("values", {}):
                yield device, entry["ts"], key


LIMITS = {"rateLimits": {"messages": "0:0,"}, "maxInflightMessages": 1000, "maxPayloadSize": 1_000_000}


def answer_to(topic: str) -> tuple[str, str] | None:
    """What its cloud says to a request: it does not send before it has heard its limits."""
    if topic.startswith("v1/devices/me/rpc/request/"):
        return topic.replace("request", "response"), json.dumps(LIMITS)
    return None
