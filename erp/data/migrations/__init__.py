"""Alembic environment: one branch per plugin, laid over the core's."""
