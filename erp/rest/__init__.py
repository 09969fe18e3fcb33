"""The JSON way in: generated from the document types, one resource for each, under /api/v1."""

from __future__ import annotations

from typing import Any

from flask import current_app

from erp.documents.types import declared
from erp.errors import SetupError
from erp.rest import tags
from erp.rest.description import DescriptionApi
from erp.rest.documents import DocumentApi
from erp.rest.exchange import MessageApi, SignalApi
from erp.rest.operating import IncidentApi
from erp.rest.reference import Reference
from erp.rest.reports import ReportApi
from erp.rest.tasks import TaskApi

RESERVED = frozenset({"task", "message", "signal", "incident", "reports", "security", "openapi.json", "docs", "errors"})
"""Resources that no document type may be called."""


def register(appbuilder: Any) -> None:
    """Add the resources of every declared type, the tasks, messages to processes, and their description."""
    for name in declared():
        if name in RESERVED:
            raise SetupError(f"A document type cannot be called {name}: /api/v1/{name} is taken.")
        title = "".join(part.capitalize() for part in name.split("_"))
        own = {"type_name": name, "resource_name": name, "class_permission_name": name, "__doc__": f"/api/v1/{name}/"}
        appbuilder.add_api(type(f"{title}Api", (DocumentApi,), own))
    appbuilder.add_api(TaskApi)
    appbuilder.add_api(MessageApi)
    appbuilder.add_api(SignalApi)
    appbuilder.add_api(IncidentApi)
    appbuilder.add_api(ReportApi)
    appbuilder.add_api(DescriptionApi)
    appbuilder.add_view_no_menu(Reference)
    tags.init_app(current_app)


__all__ = ["register"]
