"""RIOT Technology: GroPoint soil profile probes."""
