"""Vaisala, Vantaa: weather instruments."""
