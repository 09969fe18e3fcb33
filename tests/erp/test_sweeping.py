"""Contents nobody names any more leave the store after a month, from a folder and a bucket alike; named ones never."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa

from erp import attached, clock, context, operations, sweeping
from erp.context import Context
from erp.data import files, stores
from erp.data.base import session, transaction
from erp.data.files import File
from erp.jobs import outbox
from erp.jobs.models import Job
from erp.mail import Mail
from erp.mailbox import keep as keep_mail
from tests.erp.data.s3 import bucket
from tests.painted import png

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path, monkeypatch):
    """The store of this process, empty; its contents were written just now."""
    if request.param == "folder":
        monkeypatch.setattr(files, "_store", stores.opened("", tmp_path))
        yield files.store()
    else:
        with bucket() as (url, _inside):
            monkeypatch.setattr(files, "_store", stores.opened(url, tmp_path))
            yield files.store()


def sweep_after(company, days: int) -> None:
    """Run the schedule for one company as if so many days had passed."""
    tenant_id = company.place.tenant_id
    with clock.frozen(clock.now() + timedelta(days=days)), context.entered(Context(tenant_id=tenant_id, source="job")):
        sweeping.sweep_company(tenant_id)


@pytest.fixture
def other_table(database):
    """A table of a plugin that takes no part: its class is not there."""
    engine = sa.create_engine(database, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("create table of_an_absent_plugin (tenant_id bigint, frozen jsonb)"))
        connection.execute(sa.text("grant select on of_an_absent_plugin to millrace_app"))
        yield lambda **values: connection.execute(
            sa.text("insert into of_an_absent_plugin values (:tenant, jsonb_build_object('a', cast(:it as text)))"),
            values,
        )
        connection.execute(sa.text("drop table of_an_absent_plugin"))


def test_only_what_nothing_names_is_taken_out_and_only_after_the_grace(company, store, other_table, caplog):
    caplog.set_level(logging.INFO, logger="erp")
    with company.person("TENANT_MANAGER").acting() as acting:
        tenant = acting.tenant_id
        row = operations.create("product", {"code": "X", "name": "Ring"})
        kept, taken = operations.attach("product", row.id, [("a.png", png()), ("b.png", png(80, 60))])
        attached.remove("product", row.id, taken.id)
        unsaved = files.keep(tenant, b"the form was never saved")
        in_mail, in_job, in_plugin = (files.keep(tenant, each) for each in (b"mailed", b"frozen", b"of a plugin"))
        keep_mail(Mail(to="a@example.com", subject="S", text="T", attachments=(("a.txt", b"mailed", "text/plain"),)))
        with transaction():
            outbox.put(Job(kind="mail", key="waits", request={"picture": {"sha256": in_job}}))
        other_table(tenant=tenant, it=in_plugin)
        elsewhere = "9999999/ab/" + "ab" * 32
    store.put(elsewhere, b"of nobody we know")

    def there() -> set[str]:
        return {key.rpartition("/")[2] for key, _at in store.listed(f"{tenant}/")}

    wanted = {kept.sha256, *kept.sizes.values(), in_mail, in_job, in_plugin}
    loose = {unsaved, taken.sha256, *taken.sizes.values()} - wanted
    assert there() == wanted | loose
    sweep_after(company, 0)
    sweep_after(company, 29)
    assert there() == wanted | loose
    sweep_after(company, 31)
    assert there() == wanted
    assert store.has(elsewhere)
    assert f"the content {unsaved} of company {tenant} is gone" in caplog.text
    with clock.frozen(clock.now() + timedelta(days=62)):
        sweeping.sweep()
    with company.person("TENANT_MANAGER").acting():
        assert session().scalars(sa.select(sweeping.LooseContent)).all() == []
        assert files.read(tenant, kept.sha256)


def test_what_is_named_again_or_kept_again_stays(company, store):
    with company.person("TENANT_MANAGER").acting() as acting:
        tenant = acting.tenant_id
        named, again = files.keep(tenant, b"named again"), files.keep(tenant, b"kept again")
        with clock.frozen(clock.now() - timedelta(days=40)):
            sweep_after(company, 0)
    with company.person("TENANT_MANAGER").acting(), transaction():
        row = File(name="a.txt", sha256=named, size=1, media_type="text/plain")
        files.attach(row, "party", 1)
    sweep_after(company, 0)  # `again` was kept after it had been noticed, as a transaction that is not over yet does
    assert store.has(files_key(tenant, named))
    assert store.has(files_key(tenant, again))
    sweep_after(company, 29)
    assert store.has(files_key(tenant, again))
    sweep_after(company, 31)
    assert not store.has(files_key(tenant, again))


def files_key(tenant: int, digest: str) -> str:
    return f"{tenant}/{digest[:2]}/{digest}"


def test_a_store_that_is_away_is_asked_again_the_next_day(company, monkeypatch, tmp_path):
    with bucket() as (url, inside):
        monkeypatch.setattr(files, "_store", stores.opened(url, tmp_path))
        with company.person("TENANT_MANAGER").acting() as acting:
            key = files_key(acting.tenant_id, files.keep(acting.tenant_id, b"loose"))
        sweep_after(company, 0)
        inside.fails[:] = [403]
        with pytest.raises(stores.StoreAway):
            sweep_after(company, 31)
        assert key in inside.objects
        sweep_after(company, 32)
        assert key not in inside.objects
