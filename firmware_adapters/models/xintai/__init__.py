"""Kaifeng Xintai Valve, Kaifeng: water meters with valves."""
