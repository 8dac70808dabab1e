"""QDY: submersible level transmitters that many sell under this name."""
