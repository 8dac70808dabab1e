from tests.cloud.api.conftest import admin, desk

__all__ = ["admin", "desk"]
