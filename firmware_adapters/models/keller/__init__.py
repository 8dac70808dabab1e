"""Keller, Winterthur: pressure and level transmitters."""
