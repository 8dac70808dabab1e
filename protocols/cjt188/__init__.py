"""CJ/T 188: water, heat and gas meters."""
