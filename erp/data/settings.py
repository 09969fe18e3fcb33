"""Settings a tenant changes at run time; every key has its default in code."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from erp.data.base import session
from erp.data.tenancy import TenantScoped


class Setting(TenantScoped):
    """One value under `<plugin>.<name>`."""

    __tablename__ = "setting"
    __table_args__ = (sa.UniqueConstraint("tenant_id", "key"),)
    key: Mapped[str] = mapped_column(sa.String(100))
    value: Mapped[Any] = mapped_column(JSONB)


def read_setting(key: str, default: Any) -> Any:
    """The tenant's value, or the default."""
    found = session().scalar(sa.select(Setting).where(Setting.key == key))
    return default if found is None else found.value


def write_setting(key: str, value: Any) -> None:
    """Set the tenant's value."""
    found = session().scalar(sa.select(Setting).where(Setting.key == key))
    if found is None:
        session().add(Setting(key=key, value=value))
    else:
        found.value = value
