"""The registry: twins, neurons, bindings, gateways, datastreams, keys and quarantine, in SQL."""
