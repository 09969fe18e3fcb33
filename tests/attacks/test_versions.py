"""A published version and what happened under it are not rewritten, not even by who speaks SQL as the application."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import ProgrammingError

from erp.data.base import session, transaction
from erp.workflow import definitions

ATTACKS = {
    "another drawing": "update workflow_definition set bpmn = ''::bytea where id = {id}",
    "another name for what was agreed": "update workflow_definition set sha256 = repeat('0', 64) where id = {id}",
    "other rules": "update workflow_definition set decisions = '{{}}' where id = {id}",
    "another publisher": "update workflow_definition set published_by = 'Somebody else' where id = {id}",
    "withdrawn": "update workflow_definition set status = 'draft' where id = {id}",
    "gone": "delete from workflow_definition where id = {id}",
    "put over it": "insert into workflow_definition (id, tenant_id, key, number, tag, sha256, bpmn, forms, calls, status,"
    " published_at, published_by, note) overriding system value select id, tenant_id, key, number, tag, sha256,"
    " ''::bytea, forms, calls, status, published_at, published_by, note from workflow_definition where id = {id}"
    " on conflict (id) do update set bpmn = excluded.bpmn",
    "all of them": "truncate workflow_definition cascade",
    "what happened": "update workflow_event set actor = 'Somebody else' where {id} > 0",
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_published_version_stays_as_it_is(company, truth, attack):
    boss = company.person("TENANT_OWNER", "TENANT_MANAGER")
    with boss.acting("system"), transaction():
        live = definitions.live("repair_order")
    before = truth("select * from workflow_definition where id = :id", id=live.id)
    with boss.acting(), pytest.raises(ProgrammingError, match="permission denied"), transaction():
        session().connection().exec_driver_sql(ATTACKS[attack].format(id=live.id))
    assert truth("select * from workflow_definition where id = :id", id=live.id) == before
