"""Senseair, Delsbo: gas sensors."""
