"""The audit explorer over a million entries: the newest, 900,000 back, and by every condition, rare values too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from erp import context, sessions
from erp.access import enter_as
from erp.data.base import session
from erp.provision import Provision
from tests.bench import lists
from tests.bench.site import Site

ENTRIES = 1_000_000
OTHERS = 200_000
"""Of a second company, so that a tenant is a choice."""
FILL = """
insert into audit_entry (tenant_id, at, user_id, actor, source, way, address, kind, subject, subject_id, item, changes)
select :tenant, timestamptz '2026-01-01' + g * interval '20 seconds', case when g % 50000 = 7 then 99999 else 1 + g % 40 end,
    'Person ' || g % 40, case when g % 100000 = 9 then 'import' when g % 10 = 0 then 'rest' else 'web' end, '',
    case when g % 200000 = 11 then '203.0.113.9' else '10.0.' || g % 4 || '.' || g % 250 end,
    case when g % 250000 = 13 then 'token_reused' when g % 4 = 0 then 'created' else 'changed' end,
    (array['party', 'product', 'repair_order', 'invoice'])[1 + g % 4], 1 + g / 20, '',
    '{"phone": ["+254700553218", "+254711000111"]}'
from generate_series(1, :count) g
"""


def measure(site: Site) -> dict[str, float]:
    """audit.page_ms: the newest fifty as a page; audit.deep_ms: 900,000 back; audit.rare_ms: the slowest condition."""
    client = _client_of_owner(site)
    site.run_sql(FILL, tenant=site.place.tenant_id, count=ENTRIES)
    site.run_sql(FILL, tenant=_other(site), count=OTHERS)
    site.vacuum("audit_entry")
    deep = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=20 * 100_000)

    def page(**conditions: str) -> Any:
        answer = client.get("/audit/", query_string=conditions)
        assert answer.status_code == 200, answer.status
        return answer

    rare = [
        {"who": "99999"},
        {"address": "203.0.113.9"},
        {"kind": "token_reused"},
        {"source": "import"},
        {"who": "424242"},
        {"type": "tenant_member"},
        {"type": "party", "kind": "token_reused"},
        {"who": "3", "type": "invoice"},
        {"since": "2026-02-01", "until": "2026-02-01", "source": "rest"},
    ]
    taken = [lists.median(lambda asked=asked: page(**asked), 9) * 1000 for asked in rare]
    return {
        "audit.page_ms": lists.median(page, 40) * 1000,
        "audit.deep_ms": lists.median(lambda: page(after=f"{deep.isoformat()}~{ENTRIES}"), 40) * 1000,
        "audit.rare_ms": max(taken),
    }


def _client_of_owner(site: Site) -> Any:
    """A signed-in browser of the company's owner."""
    client = site.app.test_client()
    with Provision(site.url) as owner:
        user_id = owner.person("anne", "Anne Chebet", "secret of the bench")
        owner.member(user_id, site.place, "Anne Chebet", ["TENANT_OWNER"])
    context.reset()
    session.remove()
    enter_as(user_id, site.place.tenant_id, source="web")
    begun = sessions.begin(sessions.BROWSER, "Firefox, Linux")
    with client.session_transaction() as cookie:
        cookie.update(
            {"_user_id": str(user_id), "_fresh": True, "tenant": site.place.tenant_id, "session": begun.token}
        )
    return client


def _other(site: Site) -> int:
    with Provision(site.url) as owner:
        place = owner.tenant("Other Ltd", "audit-other", currency="KES", country="KE", timezone="Africa/Nairobi")
    return place.tenant_id
