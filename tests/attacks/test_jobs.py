"""Work that is left behind runs in its own tenant, whatever its request names."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
import sqlalchemy as sa

from erp import context, importing
from erp.data import files
from erp.data.base import session, transaction
from erp.documents.types import document_type
from erp.errors import NotFound
from erp.importing import Plan
from erp.jobs import outbox, worker
from erp.jobs.models import Job
from erp.reports import exports, handing
from erp.workflow import steps
from tests.attacks.ways import Truth, changed
from tests.attacks.worlds import ORDER, SECRET, World


def run_forged(b: World, kind: str, request: dict[str, Any], **more: Any) -> Job:
    """A row of B whose request names what is A's, run as a worker would."""
    with b.boss.acting(), transaction():
        row = outbox.put(Job(kind=kind, key=secrets.token_hex(8), request=request, max_attempts=1, **more))
    worker.run(row.id)
    with b.boss.acting():
        return session().get_one(Job, row.id, populate_existing=True)


def requests(a: World, b: World, seen: Truth) -> dict[str, tuple[str, dict[str, Any]]]:
    sha = seen.rows("select sha256, name from file where id = :i", i=a.paper)[0]
    of_the_quote = "select id from workflow_instance where document_type = 'repair_order' and document_id = :i"
    instance = seen.rows(of_the_quote, i=a.quoted)[0][0]
    token = seen.rows("select token from workflow_task where id = :i", i=a.customer_task)[0][0]
    plan = Plan.from_json(
        {"type": "party", "key": "number", "sources": {"number": {"column": "number"}, "name": {"column": "name"}}}
    )
    mail = {
        "tenant_id": a.tenant, "to": "bob@example.com", "subject": "planted", "text": "planted", "language": "en",
        "about": "", "at": "2026-11-21T08:00:00+00:00",
        "attachments": [{"name": sha.name, "sha256": sha.sha256, "media_type": "application/pdf"}],
    }  # fmt: skip
    call = {"instance": instance, "token": token, "element": "send_quotation", "parameters": {}}
    return {
        "import of a file": ("import", {"file": a.upload, "name": "planted.csv", "plan": plan.as_json()}),
        "timer of a process": (steps.TIMER, {"instance": instance, "token": token, "element": "quote_expired"}),
        "letter with a file": (steps.CALL, {**call, "action": "send_quotation", "request": mail}),
        "answer for a process": (
            steps.CALL,
            {**call, "action": "send_quotation", "request": {**mail, "tenant_id": b.tenant, "attachments": []}},
        ),
    }


@pytest.mark.parametrize(
    "name", ["import of a file", "timer of a process", "letter with a file", "answer for a process"]
)
def test_a_forged_request_finds_nothing(name: str, a: World, b: World, seen: Truth):
    kind, request = requests(a, b, seen)[name]
    before = seen.of_tenant(a.tenant)
    row = run_forged(b, kind, request)
    assert row.state == "failed", row.result
    assert SECRET not in f"{row.error} {row.result}"
    assert seen.of_tenant(a.tenant) == before
    assert seen.across() == []
    assert seen.rows("select 1 from mail_message where tenant_id = :t and attachments::text like :s",
                     t=b.tenant, s=f"%{SECRET}%") == []  # fmt: skip
    with b.boss.acting():
        assert session().scalar(sa.select(sa.func.count()).select_from(document_type("party").cls).where(
            document_type("party").cls.name.contains(SECRET))) == 0  # fmt: skip


def test_a_forged_export_writes_ones_own_rows(a: World, b: World, seen: Truth):
    ids = [a.rows["party"], b.rows["party"]]
    row = run_forged(b, exports.KIND, {"type": "party", "args": {}, "states": {}, "ids": ids}, subject=handing.OWNER)
    assert row.state == "done", row.error
    assert seen.rows("select tenant_id from file where id = :i", i=row.result["file"])[0][0] == b.tenant
    with b.boss.acting():
        kept = session().get_one(files.File, row.result["file"])
        table = importing.read(files.read(kept.tenant_id, kept.sha256), kept.name)
        assert not any(SECRET in cell for _place, cells in table.rows() for cell in cells)


def test_a_row_runs_in_its_own_tenant_whoever_tells_of_it(a: World, b: World, seen: Truth):
    with a.boss.acting(), transaction():
        request = {"type": "party", "args": {}, "states": {}, "ids": []}
        row = outbox.put(Job(kind=exports.KIND, key=secrets.token_hex(8), request=request, subject=handing.OWNER))
    before = seen.of_tenant(b.tenant)
    with b.boss.acting():
        worker.run(row.id)
        assert context.current() == context.NOBODY, "a worker leaves nobody behind"
    assert changed(before, seen.of_tenant(b.tenant)) == set()
    state, tenant = seen.rows(
        "select j.state, f.tenant_id from job j join file f on f.id = (j.result->>'file')::bigint where j.id = :i",
        i=row.id,
    )[0]
    assert (state, tenant) == ("done", a.tenant)


def test_a_context_kept_with_a_row_cannot_name_a_tenant(a: World, b: World, seen: Truth):
    with b.boss.acting(), transaction():
        known = {**context.current().as_json(), "tenant_id": a.tenant}
        request = {"type": "party", "args": {}, "states": {}, "ids": []}
        row = outbox.put(
            Job(kind=exports.KIND, key=secrets.token_hex(8), request=request, context=known, max_attempts=1)
        )
    before = seen.of_tenant(a.tenant)
    assert worker.run(row.id)
    assert changed(before, seen.of_tenant(a.tenant)) == set()
    assert {each.tenant_id for each in seen.rows("select tenant_id from file where owner_id = :i", i=row.id)} <= {
        b.tenant
    }


def test_the_file_store_opens_for_the_acting_tenant_only(a: World, b: World, seen: Truth):
    sha = seen.rows("select sha256 from file where id = :i", i=a.files[ORDER])[0].sha256
    with a.boss.acting():
        assert SECRET.encode() in files.read(a.tenant, sha)
    with b.boss.acting():
        for tenant in (a.tenant, b.tenant):
            with pytest.raises(NotFound):
                files.read(tenant, sha)
        with pytest.raises(NotFound):
            files.keep(a.tenant, b"planted")
    with pytest.raises(NotFound):
        files.read(a.tenant, sha)


@pytest.mark.parametrize("name", ["../../../../etc/passwd", "/etc/passwd", "..", "", "a" * 64 + "/x", "A" * 64])
def test_no_hash_leads_out_of_the_store(name: str, b: World):
    with b.boss.acting(), pytest.raises(NotFound):
        files.read(b.tenant, name)
