"""MQTT 3.1.1 and 5.0 as a client speaks it, QoS 0 and 1: OASIS standards; clauses are of 5.0 where both have one."""

from protocols.mqtt.properties import Property
from protocols.mqtt.reader import PacketReader
from protocols.mqtt.received import Connack, Disconnected, Message, Pong, Puback, Received, Suback, received
from protocols.mqtt.sent import Connect, Version, Will, connect, disconnect, ping, puback, publish, subscribe

__all__ = [
    "Connack",
    "Connect",
    "Disconnected",
    "Message",
    "PacketReader",
    "Pong",
    "Property",
    "Puback",
    "Received",
    "Suback",
    "Version",
    "Will",
    "connect",
    "disconnect",
    "ping",
    "puback",
    "publish",
    "received",
    "subscribe",
]
