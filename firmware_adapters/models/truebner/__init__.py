"""Truebner, Neustadt: soil moisture sensors."""
