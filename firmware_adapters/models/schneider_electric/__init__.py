"""Schneider Electric: energy meters."""
