"""Where readings are kept: one small interface, one module an engine."""
