"""Devices that do not exist, answering on real wires, written from datasheets."""
