"""The line to the cloud as the configuration has it, with its secrets read."""

import ssl
from typing import Final
from urllib.parse import urlsplit

from edge.config import Uplink, secret
from edge.uplink.session import Line
from protocols.vocabulary import ConfigError

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


def line_of(uplink: Uplink) -> Line:
    """Broker, credentials and key; the secrets are read now.

    :raises ConfigError: a secret cannot be read, or is none.
    """
    url = urlsplit(uplink.url)
    if url.hostname is None:
        raise ConfigError(f"uplink.url: {uplink.url!r}: expected mqtt://host:port")
    try:
        key = bytes.fromhex(secret(uplink.hmac_key_file))
    except ValueError as error:
        raise ConfigError(f"{uplink.hmac_key_file}: expected the key in hexadecimal") from error
    return Line(
        url.hostname,
        url.port or _PORTS[url.scheme],
        uplink.username or "",
        secret(uplink.password_file) if uplink.password_file else "",
        key,
        key_id=uplink.key_id & 0xFF,
        keepalive_s=uplink.keepalive_s,
        tls=ssl.create_default_context(cafile=uplink.ca_file) if url.scheme == "mqtts" else None,
    )
