"""Run by alembic: upgrades over the connection `schema.migrate` gives, and compares one plugin's tables."""

from __future__ import annotations

from typing import Any

from alembic import context

from erp.data.base import Base

config = context.config


def is_ours(item: Any, name: str | None, kind: str, _reflected: object, _other: object) -> bool:
    """Leave out what belongs to another plugin."""
    wanted: set[str] | None = config.attributes.get("tables")
    if wanted is None:
        return True
    if kind == "table":
        return name in wanted
    table = getattr(item, "table", None)
    return table is None or table.name in wanted


def run() -> None:
    """Upgrade, or compare for a new migration."""
    context.configure(
        connection=config.attributes["connection"],
        target_metadata=Base.metadata,
        include_object=is_ours,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
