"""Yosemitech, Suzhou: water quality sensors."""
