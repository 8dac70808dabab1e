"""Finder, Almese: relays and meters."""
