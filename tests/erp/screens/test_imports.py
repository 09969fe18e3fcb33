"""A file of customers brought in page by page."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from tests.erp.screens.conftest import Workshop
from tests.erp.screens.test_documents import html

CSV = b"""CustomerID,Country,Mail
17850,Kenya,a@example.com
17851,Uganda,not-an-address
,Kenya,
17850,Kenya,a@example.com
"""
PLAN = {
    "column-0": "number", "column-1": "country", "column-2": "email", "key": "number", "text-name": "Customer {CustomerID}",
    "skip-0-column": "CustomerID", "skip-0-test": "empty", "pick-country": "most", "pick-email": "first",
}  # fmt: skip


@pytest.fixture
def manager(workshop: Workshop) -> FlaskClient:
    return workshop.sign_in(workshop.company.person("TENANT_MANAGER", name="Peter Kamau"))


def test_a_file_is_read_mapped_tried_and_brought_in(
    workshop: Workshop, manager: FlaskClient, post: Callable[..., Any], run_jobs: Callable[[], int]
):
    assert "Read the file" in html(manager, "/party/import")
    assert "Choose a file first." in post(manager, "/party/import").get_data(as_text=True)
    answer = post(manager, "/party/import", {"file": (io.BytesIO(CSV), "shop.csv")})
    assert answer.status_code == 302
    url = answer.headers["Location"]
    page = html(manager, url)
    assert "CustomerID" in page
    assert "17850" in page
    assert "Leave out rows where" in page
    answer = post(manager, url, PLAN)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200, page[-2000:]
    assert "Import 1 customers" in page
    assert "is not an e-mail address" in page
    assert "“CustomerID” is empty" in page
    assert 'name="text-name" value="Customer {CustomerID}"' in page
    assert "Leave out rows where" in post(manager, url, PLAN | {"again": "1"}).get_data(as_text=True)
    answer = post(manager, url, PLAN | {"go": "1"})
    watched = answer.headers["Location"]
    assert manager.get(f"{watched}/progress").get_json()["finished"] is False
    run_jobs()
    page = html(manager, watched)
    assert "Download the rows left out" in page
    left_out = manager.get(f"{watched}/left-out.xlsx").get_data()
    assert "not-an-address" in str(list(load_workbook(io.BytesIO(left_out)).active.values))
    assert "Customer 17850" in html(manager, "/party/")


def test_only_who_may_import_does(workshop: Workshop, daniel: FlaskClient):
    assert daniel.get("/party/import").status_code == 403
