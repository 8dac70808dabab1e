"""The MQTT broker: the embedded nats-server, and our session with whichever broker it is."""
