"""ThingsBoard's MQTT API as devices and its IoT gateway speak it: telemetry, connects, attributes."""

from protocols.thingsboard.messages import (
    MAX_PAYLOAD,
    MAX_VALUES,
    Connected,
    Told,
    Topic,
    decode_connect,
    decode_device,
    decode_gateway,
)

__all__ = [
    "MAX_PAYLOAD",
    "MAX_VALUES",
    "Connected",
    "Told",
    "Topic",
    "decode_connect",
    "decode_device",
    "decode_gateway",
]
