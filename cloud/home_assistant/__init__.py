"""Datastreams as sensors of Home Assistant."""
