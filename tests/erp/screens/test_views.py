"""A plugin's own view, and what the registry makes for every other type."""

from __future__ import annotations

from flask import Flask

from erp.documents.types import declared
from erp.screens.documents import DocumentView


def test_every_type_has_its_pages(app: Flask):
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    pages = ("/", "/new", "/<int:row_id>", "/<int:row_id>/edit", "/<int:row_id>/process", "/<int:row_id>/history")
    for name in declared():
        assert {f"/{name}{page}" for page in pages} <= rules, name


def test_every_route_of_a_document_asks_for_a_right():
    routes = [item for name, item in vars(DocumentView).items() if hasattr(item, "_urls")]
    assert len(routes) >= 20
    assert all(getattr(route, "verb", "") for route in routes)
