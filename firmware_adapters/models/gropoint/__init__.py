"""RIOT Technology, Sidney (British Columbia): soil profile probes."""
