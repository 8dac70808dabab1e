"""Peacefair, Ningbo: small energy modules."""
