"""Seeed Studio, Shenzhen: SenseCAP sensors."""
