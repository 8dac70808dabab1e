"""AUMA Riester, Muellheim: electric actuators."""
