"""The description of the JSON way in, for the tenant who asks: its own fields are in it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from flask_appbuilder.api import BaseApi, expose

from erp.access import VERBS, can
from erp.documents.types import declared, document_type
from erp.reports import library
from erp.rest.openapi import describe
from erp.rest.sent import endpoint


class DescriptionApi(BaseApi):
    """The address /api/v1/openapi.json."""

    route_base = "/api/v1"

    @expose("/openapi.json", methods=["GET"])
    @endpoint()
    def openapi(self) -> Any:
        """The types the actor may do anything with."""
        return described()


def described() -> dict[str, Any]:
    """The description of the types the actor may do anything with."""
    allowed = [name for name in declared() if any(can(verb, name) for verb in VERBS)]
    return describe([document_type(name) for name in allowed], library.allowed(), version=_version())


def _version() -> str:
    try:
        return version("millrace")
    except PackageNotFoundError:
        return "0"
