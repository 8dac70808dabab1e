"""Who may connect to a nats-server, and which topics are theirs, as its configuration says it."""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import Final

from cloud.registry.gateways import BrokerAccount

CLOUD_USER: Final = "yingzhou-cloud"


def users(cloud_user: str, cloud_hash: str, accounts: Iterable[BrokerAccount]) -> str:
    """What ``authorization`` holds: the cloud may everything, each gateway its own topics only."""
    lines = [f"    {{ user: {json.dumps(cloud_user)}, password: {json.dumps(cloud_hash)} }}"]
    for account in accounts:
        base = f"yz.v1.{account.username}"
        publish = json.dumps([f"{base}.up.>", f"{base}.senml", *account.publish])
        subscribe = json.dumps([f"{base}.down", f"{base}.down.>", *account.subscribe])  # MQTT's down/# is both
        lines.append(
            f"    {{ user: {json.dumps(account.username)}, password: {json.dumps(account.password_hash)}, "
            f"permissions: {{ publish: {publish}, subscribe: {subscribe} }} }}"
        )
    listed = "\n".join(lines)
    return f"  timeout: 5\n  users = [\n{listed}\n  ]\n"


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """Put a file there that is whole at every moment."""
    draft = path.with_name(f"{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


class AccountsFile:
    """For a nats-server that somebody else runs: its nodes include the file, and read it again when it changes.

    :param password: the cloud's own.
    """

    def __init__(self, path: Path, cloud_user: str, password_hash: str) -> None:
        self._path = path
        self._cloud_user = cloud_user
        self._hash = password_hash
        self._turn = Lock()

    def write(self, accounts: Callable[[], Iterable[BrokerAccount]]) -> None:
        """Blocks; from any thread. The group may read the file.

        :param accounts: asked when it is this call's turn, so that the newest answer is the last one written.
        :raises OSError: it cannot be written.
        """
        with self._turn:
            write(self._path, users(self._cloud_user, self._hash, accounts()), 0o640)
