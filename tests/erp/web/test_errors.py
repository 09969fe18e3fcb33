"""Errors say what happened and what to do: as a page, or as JSON to programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from erp import mailbox
from erp.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion, TenancyError
from erp.testing.pytest_plugin import Company, Person
from tests.erp.web.conftest import Browser

SignedIn = Callable[[Person], Browser]


@pytest.fixture
def member(company: Company, signed_in: SignedIn) -> Iterator[Browser]:
    """Somebody whose mailbox page does not go well."""
    with patch("erp.web.mails.require"):
        yield signed_in(company.person("TENANT_MANAGER"))


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (NotFound(), 404, "There is nothing here"),
        (Forbidden(), 403, "You may not do this"),
        (Conflict("Grace was quicker."), 409, "Grace was quicker."),
        (StaleVersion("Grace changed it."), 412, "Grace changed it."),
        (Invalid("Wrong.", fields={"a": "Fill this in."}), 422, "Fill this in."),
        (TenancyError(), 404, "There is nothing here"),
    ],
)
def test_our_errors_keep_their_status_and_sentence(member: Browser, error: Exception, status: int, told: str):
    with patch.object(mailbox, "page", side_effect=error):
        page = member.get("/mailbox/")
        assert page.status_code == status
        assert told in page.text
        assert "mr-side" in page.text
        answer = member.get("/mailbox/", headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert answer.json["error"]["code"] == error.code


def test_what_nobody_expected_is_logged_under_a_reference(member: Browser, caplog: pytest.LogCaptureFixture):
    with patch.object(mailbox, "page", side_effect=RuntimeError("secret detail")):
        page = member.get("/mailbox/")
    assert page.status_code == 500
    assert "secret detail" not in page.text
    reference = page.text.split('<code dir="ltr">')[1].split("<")[0]
    assert f"reference {reference}" in caplog.text
    assert "secret detail" in caplog.text


def test_a_database_that_is_away_is_said_so(member: Browser):
    with patch.object(mailbox, "page", side_effect=OperationalError("select", {}, Exception("gone"))):
        page = member.get("/mailbox/")
    assert page.status_code == 503
    assert "The database does not answer" in page.text


def test_an_unknown_address_stands_in_the_shell(member: Browser):
    page = member.get("/nothing/here")
    assert page.status_code == 404
    assert "mr-side" in page.text


def test_an_unknown_address_signed_out_has_no_menu(browser: Browser):
    page = browser.get("/nothing/here")
    assert page.status_code == 404
    assert "mr-side" not in page.text


def test_a_wrong_method_names_the_right_ones(member: Browser):
    member.get("/")
    page = member.post("/mailbox/", {})
    assert page.status_code == 405
    assert "GET" in page.headers["Allow"]


def test_too_large_a_request_is_said_so(member: Browser, app: Flask):
    member.get("/")
    with patch.dict(app.config, MAX_CONTENT_LENGTH=100):
        page = member.post("/settings/theme", {"theme": "x" * 1000})
    assert page.status_code == 413
    assert "This is too large" in page.text


def test_programs_get_json(browser: Browser):
    answer = browser.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.json["error"]["code"] == "not_found"
