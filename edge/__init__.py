"""Cables, cadence, buffering: the agent on a gateway."""
