"""Alembic's environment and the versions of the registry's schema."""
