"""Cameras: snapshots that are looked at on the gateway, and of which little leaves."""
