"""Alembic asks here how to reach the database: on the connection that cloud.registry.migration hands over."""

from alembic import context

from cloud.registry.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
