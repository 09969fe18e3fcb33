"""The log tells what happened, where and for whom; never what was typed, never what opens a door."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest
from flask import Flask

from erp import logs, mailbox
from erp.config import Settings, from_env
from erp.data.base import transaction
from erp.errors import SetupError
from erp.jobs import outbox, worker
from erp.jobs.models import Job
from erp.testing.pytest_plugin import Company, Person
from tests.erp.web.conftest import Browser, signed_in

__all__ = ["signed_in"]


@pytest.fixture
def lines(app: Flask) -> Iterator[Callable[[], list[dict[str, object]]]]:
    """What was logged meanwhile, read back from JSON."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonLines())
    ours = logging.getLogger("erp")
    level = ours.level
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    ours.removeHandler(handler)
    ours.setLevel(level)


def test_a_request_is_one_line_with_who_what_and_how_long(
    lines, company: Company, signed_in: Callable[[Person], Browser]
):
    boss = company.person("TENANT_MANAGER", name="Wanjiru Kamau")
    page = signed_in(boss).get("/party/7?q=Amina&phone=0700553218", headers={"X-Request-ID": "proxy-0001"})
    assert page.headers["X-Request-ID"] == "proxy-0001"
    (line,) = [each for each in lines() if each["message"] == "answered"]
    assert line.pop("ms") > 0
    assert line.pop("queries") >= 2
    assert line.pop("at").startswith("20")
    del line["process"]
    assert line == {
        "level": "info", "log": "erp.web.traffic", "message": "answered", "request": "proxy-0001",
        "tenant": company.place.tenant_id, "user": boss.user_id, "method": "GET", "route": "/party/<int:row_id>",
        "ids": {"row_id": 7}, "status": 404,
    }  # fmt: skip


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f g h", "<script>alert(1)</script>"])
def test_a_number_that_is_none_is_replaced(app: Flask, given: str):
    number = app.test_client().get("/health/live", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert number != given
    assert len(number) == 16


def test_tokens_of_links_hooks_and_unknown_addresses_are_not_told(lines, app: Flask):
    client = app.test_client()
    for address in ("/link/s3cr3t-token", "/pay/s3cr3t-token", "/s3cr3t-token?a=s3cr3t-token"):
        client.get(address)
    client.post("/hooks/stripe/s3cr3t-token")
    told = lines()
    assert [each["route"] for each in told if each["message"] == "answered"] == [
        "/link/<token>", "/pay/<token>", "(unknown)", "/hooks/<provider>/<token>"
    ]  # fmt: skip
    assert "s3cr3t" not in json.dumps(told)


def test_what_nobody_expected_leads_from_the_page_to_the_line(
    lines, company: Company, signed_in: Callable[[Person], Browser]
):
    typed = ValueError("'Amina Hassan' of amina@example.com at +254 700 553 218 is no number")
    with patch("erp.web.mails.require"), patch.object(mailbox, "page", side_effect=typed):
        page = signed_in(company.person("TENANT_MANAGER")).get("/mailbox/")
    assert page.status_code == 500
    number = page.headers["X-Request-ID"]
    assert f'<code dir="ltr">{number}</code>' in page.text
    (line,) = [each for each in lines() if each["level"] == "error"]
    assert (line["request"], line["error"]) == (number, "ValueError")
    assert line["trace"].endswith("builtins.ValueError: … of … at … is no number")
    assert "erp/web/mails.py" in line["trace"]


def test_a_job_is_one_line_with_its_id_kind_and_tenant(lines, company: Company):
    with company.person("Counter").acting(), transaction():
        row = Job(kind="test.unknown", key="a")
        outbox.put(row)
    worker.run(row.id)
    (line,) = [each for each in lines() if each["log"] == "erp.jobs.worker"]
    told = {name: line[name] for name in ("message", "job", "kind", "attempt", "tenant")}
    assert told == {
        "message": "job waiting", "job": row.id, "kind": "test.unknown", "attempt": 1, "tenant": company.place.tenant_id
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("sent to amina@example.com, 0700 553 218", "sent to …, …"),
        ("GET /link/abc?x=1 failed", "GET /link/…?x=1 failed"),
        ("POST /hooks/stripe/abc-DEF_1", "POST /hooks/stripe/…"),
        ("key mrk_abcDEF123 is revoked", "key mrk_… is revoked"),
        ("Authorization: Bearer eyJhbGciOi.eyJzdWIi.abc", "Authorization: Bearer …"),
        ("eyJhbGciOi.eyJzdWIi.abc is damaged", "… is damaged"),
        ("smtp://anne:pass-word@host:587 is away", "smtp://anne:…@host:587 is away"),
        ("job 4711 (mail) attempt 2 failed", "job 4711 (mail) attempt 2 failed"),
    ],
)
def test_what_opens_doors_or_reaches_people_is_taken_out(said: str, told: str):
    assert logs.clean(said) == told


def test_an_error_keeps_names_of_the_source_and_loses_values():
    assert logs.sentence(KeyError("customer_id")) == "'customer_id'"
    assert logs.sentence(ValueError("not a date: 'Amina H.'\nDETAIL: Key (email)=(a@b.c)")) == "not a date: …"
    assert logs.sentence(SetupError("PORT must be a whole number, not 'Abc'.")).endswith("not 'Abc'.")


def test_the_format_is_chosen_by_a_setting_and_json_unless_somebody_looks_on(monkeypatch: pytest.MonkeyPatch):
    assert isinstance(logs.formatter(Settings()), logs.JsonLines)
    assert isinstance(logs.formatter(from_env({"LOG_FORMAT": "text"})), logs.TextLines)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert isinstance(logs.formatter(Settings()), logs.TextLines)
    assert isinstance(logs.formatter(from_env({"LOG_FORMAT": "json"})), logs.JsonLines)
    with pytest.raises(SetupError, match="LOG_FORMAT must be json or text"):
        from_env({"LOG_FORMAT": "xml"})


def test_a_person_reads_lines_with_the_error_below():
    try:
        raise KeyError("a")
    except KeyError:
        record = logging.getLogger("erp.x").makeRecord(
            "erp.x", 40, "f", 1, "no %s", ("way",), exc_info=__import__("sys").exc_info()
        )
    with logs.about(job=7):
        first, *rest = logs.TextLines().format(record).splitlines()
    assert first.endswith("ERROR   erp.x: no way job=7")
    assert rest[-1] == "builtins.KeyError: 'a'"
