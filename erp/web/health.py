"""Whether this process lives, and whether it can work: asked by supervisors and load balancers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_appbuilder import BaseView, expose
from sqlalchemy.exc import SQLAlchemyError

from erp.data.base import engine
from erp.web.guard import public


class Health(BaseView):
    """Two addresses without sign-in that tell nothing of the business."""

    route_base = "/health"
    default_view = "live"

    @expose("/live")
    @public
    def live(self) -> dict[str, str]:
        """The process answers."""
        return {"status": "live"}

    @expose("/ready")
    @public
    def ready(self) -> Any:
        """The database answers too; 503 while it does not."""
        try:
            with engine().connect() as connection:
                connection.execute(sa.select(1))
        except SQLAlchemyError:
            return {"status": "database unavailable"}, 503
        return {"status": "ready"}
