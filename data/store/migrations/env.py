"""What Alembic runs for each command: the steps, on the connection that it was handed."""

from __future__ import annotations

from alembic import context

from data.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table="schema_version",
)
with context.begin_transaction():
    context.run_migrations()
