"""Chint, Wenzhou: electricity meters and switchgear."""
