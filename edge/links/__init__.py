"""Links: the cables and sockets of the gateway, each with its own owner, cadence and counters."""
