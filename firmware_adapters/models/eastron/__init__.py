"""Eastron, Jiaxing: electricity meters."""
