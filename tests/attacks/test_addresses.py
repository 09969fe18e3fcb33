"""Addresses, headers and names that lead elsewhere: out of a folder, to another host, into a header, into a script."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from erp.mail import Mail, compose
from tests.attacks.ways import SEEN, Truth, Way, changed, said
from tests.attacks.worlds import World


@pytest.mark.parametrize("name", [
    "../app.js", "..%2f..%2fconfig.py", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "//etc/passwd", "....//x", "%00", "x%00.js",
    "a" * 300, "a" * 5000, "..\\..\\x", ".gz", "css/../../../erp/config.py", "manifest.json/../../../__init__.py",
])  # fmt: skip
@pytest.mark.parametrize("packed", ["gzip", ""])
def test_no_file_name_leads_out_of_the_bundles(name: str, packed: str, app: Flask):
    answer = app.test_client().get(f"/static/dist/{name}", headers={"Accept-Encoding": packed})
    assert answer.status_code in {301, 302, 308, 404}
    assert "root:" not in said(answer)
    assert not answer.headers.get("Location", "").startswith("//")


@pytest.mark.parametrize("wished", [
    "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "javascript:alert(1)",
    "/%0d%0aSet-Cookie:x=1", "/\r\nSet-Cookie: x=1", "///evil.example", "http:evil.example", "@evil.example", "/\u200b/evil.example",
])  # fmt: skip
def test_nobody_is_sent_away(wished: str, app: Flask, ways: list[Way]):
    boss = ways[0]
    answers = [
        boss.ask("GET", "/login/", query_string={"next": wished}),
        boss.ask("POST", "/settings/theme", data={"theme": "dark", "next": wished}),
        boss.ask("POST", "/settings/language", data={"language": "en", "next": wished}),
        app.test_client().get("/inbox/", query_string={"next": wished}),
    ]
    for answer in answers:
        place = answer.headers["Location"]
        assert place.startswith("/"), place
        assert not place.startswith(("//", "/\\")), place
        assert "Set-Cookie: x" not in str(answer.headers)
        assert "x" not in {cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost@evil.example", "x y", ""])
def test_a_foreign_host_is_written_nowhere(host: str, app: Flask, b: World, ways: list[Way]):
    spoofed = {
        "Host": host,
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "Forwarded": "host=evil.example",
    }
    for way, url in (
        (ways[0], "/inbox/"),
        (ways[0], "/login/"),
        (ways[4], "/inbox/"),
        (ways[4], f"/link/{b.link}"),
        (ways[2], "/api/v1/openapi.json"),
    ):
        answer = way.ask("GET", url, headers=spoofed)
        assert answer.status_code in {200, 302, 400}, url
        assert "evil.example" not in said(answer), url


@pytest.mark.parametrize("name", [
    "a\r\nSet-Cookie: x=1.txt", 'a"; filename="b.html.txt', "../../../etc/cron.d/x.txt", "x\x00.txt", "فایل.txt", "a" * 400 + ".txt",
])  # fmt: skip
def test_a_file_name_breaks_no_header(name: str, b: World, ways: list[Way]):
    sent = {"file": (io.BytesIO(b"plain text"), name)}
    answer = ways[2].ask(
        "POST", f"/api/v1/party/{b.rows['party']}/files", data=sent, content_type="multipart/form-data"
    )
    assert answer.status_code in {201, 400, 422}, answer.text
    if answer.status_code == 201:
        kept = answer.json["rows"][0]
        assert not {"/", "\r", "\n"} & set(kept["name"])
        for way, base in ((ways[0], "/party"), (ways[2], "/api/v1/party")):
            file = way.ask("GET", f"{base}/{b.rows['party']}/files/{kept['id']}")
            assert file.status_code == 200
            assert file.headers["Content-Disposition"].startswith("attachment;")
            assert file.headers["X-Content-Type-Options"] == "nosniff"
            assert "Set-Cookie: x" not in str(file.headers)


def test_a_page_in_a_file_is_not_shown_as_a_page(b: World, ways: list[Way]):
    for name in ("x.txt", "x.csv"):
        sent = {"file": (io.BytesIO(b"<html><script>alert(1)</script>"), name)}
        answer = ways[2].ask(
            "POST", f"/api/v1/party/{b.rows['party']}/files", data=sent, content_type="multipart/form-data"
        )
        kept = answer.json["rows"][0]["id"]
        file = ways[0].ask("GET", f"/party/{b.rows['party']}/files/{kept}")
        assert file.mimetype == "text/plain"
        assert file.headers["Content-Disposition"].startswith("attachment")


def test_a_line_break_makes_no_header_of_a_mail(settings):
    mail = Mail(
        "a@example.com",
        "Quote\r\nBcc: evil@example.com",
        "text",
        attachments=[("x\r\nBcc: e.pdf", b"x", "application/pdf")],
    )
    assert compose(mail, settings)["Bcc"] is None


def test_a_customer_of_many_addresses_is_none(b: World, ways: list[Way], seen: Truth):
    before = seen.whole()
    for address in (
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com, b@example.com",
        "a@example.com\nb@example.com",
        "x",
    ):
        answer = ways[2].ask("POST", "/api/v1/party/", json={"name": "planted", "email": address})
        assert answer.status_code == 422, address
    assert changed(before, seen.whole()) <= SEEN


def test_what_a_sheet_would_run_is_text(b: World, ways: list[Way], seen: Truth):
    for name in ("=cmd|' /C calc'!A0", "+1+1", "@SUM(1)", "-2+3", "\t=1"):
        answer = ways[2].ask("POST", "/api/v1/party/", json={"name": name, "note": "sheet"})
        assert answer.status_code in {201, 422}
    csv = ways[0].ask("GET", "/party/export.csv").get_data().decode("utf-8-sig")
    cells = [cell.strip('"') for row in csv.splitlines() for cell in row.split(",")]
    assert [cell for cell in cells if cell[:1] in "=@" and cell] == []
    seen.rows("delete from party where note = 'sheet' returning id")


def test_scripts_are_shown_not_run(b: World, ways: list[Way], seen: Truth):
    bad = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    row_id = ways[2].ask("POST", "/api/v1/party/", json={"name": bad, "note": bad}).json["id"]
    for url in (f"/party/{row_id}", "/party/", f"/party/{row_id}/edit", f"/party/{row_id}/history", "/search?q=script"):
        page = ways[0].ask("GET", url)
        assert "<script>alert" not in page.text, url
        assert "<img src=x" not in page.text, url
        assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"].split("script-src")[1].split(";")[0]
    assert "<script>" not in ways[0].ask("GET", "/search?q=<script>alert(1)</script>").text.replace("<script nonce", "")
    seen.rows("delete from party where id = :i returning id", i=row_id)


@pytest.mark.parametrize("url", [
    "/search?q=%00", "/party/pick?q=%00", "/party/?q=%00", "/party/?name__eq=%00", "/party/1/history?show=%00", "/inbox/?kind=%00",
    "/login/?next=%00", "/mailbox/?before=%00", "/repair_order/?state__eq=%00", "/repair_order/new?item=%00", "/repair_order/1/process?element=%00",
])  # fmt: skip
def test_what_cannot_be_stored_is_refused(url: str, ways: list[Way]):
    assert ways[0].ask("GET", url).status_code == 400
