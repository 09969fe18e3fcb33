"""Whether this process lives, and whether it can work: asked by supervisors and load balancers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_appbuilder import BaseView, expose
from sqlalchemy.exc import SQLAlchemyError

from erp import prepare
from erp.config import Settings
from erp.data import schema
from erp.data.base import engine
from erp.jobs import redis_queue
from erp.web.guard import public


class Health(BaseView):
    """Two addresses without sign-in that tell nothing of the business."""

    route_base = "/health"
    default_view = "live"

    @expose("/live")
    @public
    def live(self) -> dict[str, str]:
        """The process has started and answers."""
        return {"status": "live"}

    @expose("/ready")
    @public
    def ready(self) -> Any:
        """What it needs answers too, else 503 with what is missing; without Redis it works on, only later."""
        settings: Settings = current_app.config["MILLRACE"]
        missing = _missing_in_database()
        is_ready = not missing
        if settings.redis_url is not None and not redis_queue.answers(settings.redis_url):
            missing.append("redis")
        told = {"missing": missing} if missing else {}
        return {"status": "ready", **told} if is_ready else ({"status": "not ready", **told}, 503)


def _missing_in_database() -> list[str]:
    try:
        with engine().connect() as connection:
            present = connection.execute(sa.text("select version_num from alembic_version")).scalars().all()
    except SQLAlchemyError:
        return ["database"]
    folders = [folder / "migrations" for folder in prepare.plugin_folders()]
    return [] if schema.is_newest(present, folders) else ["migrations"]
