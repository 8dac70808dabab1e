"""ABB: energy meters."""
