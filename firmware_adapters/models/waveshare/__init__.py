"""Waveshare, Shenzhen: boards."""
