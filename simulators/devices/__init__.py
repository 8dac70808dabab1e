"""The simulated devices, each answering on its own wire."""
