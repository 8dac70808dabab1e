"""Ingest, store, registry, alarms, API, console."""
