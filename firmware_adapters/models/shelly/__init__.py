"""Shelly, Sofia: switches and meters with Modbus TCP."""
