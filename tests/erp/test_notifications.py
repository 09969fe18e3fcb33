"""Who is told what and how: mentions, reminders, late and given tasks, incidents; mail by wish, hour and right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa

from erp import clock, operations
from erp.access import Member
from erp.comments import messages, reminders
from erp.data.base import session, transaction
from erp.errors import Conflict, Forbidden, Invalid, NotFound
from erp.jobs import worker
from erp.mailbox import MailMessage
from erp.notifications import Notification, notify, reading, wishes
from erp.notifications.kinds import known, sentence
from erp.notifications.wishes import Wishes
from erp.provision import Provision
from erp.testing.pytest_plugin import Company, Person
from erp.workflow.models import WorkflowTask
from erp.workflow.people import lateness, tasks

NAIROBI = "Africa/Nairobi"


@dataclass
class Shop:
    """A counter, a technician, a colleague who sees no orders, and an order."""

    company: Company
    grace: Person
    daniel: Person
    stranger: Person
    order: int

    def told(self, person: Person) -> list[tuple[str, str]]:
        """(kind, sentence) of what a person reads, the newest first."""
        with person.acting():
            return [(row.kind, sentence(known()[row.kind], row.values)) for row in reading.page()[0]]

    def mails(self) -> list[MailMessage]:
        with self.grace.acting():
            return list(session().scalars(sa.select(MailMessage).order_by(MailMessage.id)))


@pytest.fixture
def shop(company: Company) -> Shop:
    grace = company.person("Counter", name="Grace Njeri")
    daniel = company.person("Technician", name="Daniel Otieno")
    stranger = company.person("TENANT_EMPLOYEE", name="Daniel Otieno-Ouko")
    with grace.acting():
        customer = operations.create("party", {"name": "Amina Hassan"}).id
        order = operations.create("repair_order", {"customer": customer, "item": "Canon", "fault": "Error 20"}).id
    return Shop(company, grace, daniel, stranger, order)


def say(shop: Shop, text: str, who: Person | None = None) -> int:
    with (who or shop.grace).acting():
        return messages.add("repair_order", shop.order, text).id


def test_who_is_named_and_may_see_the_order_is_told_by_both_ways(shop: Shop, run_jobs: Callable[[], int]):
    say(shop, "@Daniel Otieno, please look at the shutter; mail@daniel.example is nobody, @Nobody Known too")
    [(kind, text)] = shop.told(shop.daniel)
    assert kind == "mentioned"
    assert text.startswith("Grace Njeri mentioned you in RO-")
    assert shop.told(shop.grace) == []
    run_jobs()
    [mail] = shop.mails()
    assert mail.to == f"{shop.daniel.username}@example.com"
    assert mail.subject == text
    assert "please look at the shutter" in mail.text
    assert f"/repair_order/{shop.order}/messages#message-" in mail.text
    assert run_jobs() == 0


def test_the_longest_name_counts_and_who_may_not_see_it_hears_nothing(shop: Shop):
    say(shop, "@Daniel Otieno-Ouko knows nothing of this")
    assert shop.told(shop.daniel) == shop.told(shop.stranger) == []
    with shop.grace.acting():
        named = [each.name for each in messages.colleagues("repair_order", "otieno")]
    assert named == ["Daniel Otieno"]


def test_a_message_is_put_right_and_taken_back_for_a_while(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    said = say(shop, "Call Amina")
    with shop.daniel.acting(), pytest.raises(Forbidden, match="Only who wrote"):
        messages.change(said, "Do not call her")
    with shop.grace.acting():
        changed = messages.change(said, "Call Amina, @daniel otieno")
        assert changed.edited_at is not None
        assert [piece.text for piece in messages.pieces(changed)] == ["Call Amina, @daniel otieno"]
        messages.take_back(said)
        assert messages.get(said).text == ""
        with pytest.raises(Conflict, match="for 15 minutes"):
            messages.change(said, "Again")
        for wrong in ("", " \n ", "x" * 4001, "bell \x07"):
            with pytest.raises(Invalid):
                messages.add("repair_order", shop.order, wrong)
    assert len(shop.told(shop.daniel)) == 1
    with shop.stranger.acting(), pytest.raises(Forbidden):
        messages.add("repair_order", shop.order, "Hello")
    with shop.grace.acting(), pytest.raises(NotFound):
        messages.add("repair_order", 2**40, "Hello")


def test_a_reminder_stays_open_until_it_is_done(shop: Shop, run_jobs: Callable[[], int]):
    today = clock.now().date()
    with shop.grace.acting():
        for wrong in ({"due_on": today - timedelta(days=2)}, {"due_on": None}, {"member_id": shop.stranger.member_id}):
            given = {"member_id": shop.daniel.member_id, "due_on": today + timedelta(days=1), "note": "", **wrong}
            with pytest.raises(Invalid):
                reminders.add("repair_order", shop.order, **given)
        due = reminders.add(
            "repair_order", shop.order, member_id=shop.daniel.member_id, due_on=today + timedelta(days=2), note="Parts?"
        )
        late = reminders.add(
            "repair_order", shop.order, member_id=shop.grace.member_id, due_on=today + timedelta(days=2), note=""
        )
    run_jobs()
    assert shop.told(shop.daniel) == []
    with shop.daniel.acting():
        assert [each.note for each in reminders.mine(9)] == ["Parts?"]
        reminders.finish(late.id)
        with transaction():
            job = session().scalars(sa.select(worker.Job).where(worker.Job.key == f"follow_up:{due.id}:")).one()
            job.due_at = clock.now()
    run_jobs()
    assert [kind for kind, _text in shop.told(shop.daniel)] == ["follow_up_due"]
    assert shop.told(shop.grace) == []
    with shop.daniel.acting():
        assert [each.id for each in reminders.open_of("repair_order", shop.order)] == [due.id]
        reminders.finish(due.id)
        assert reminders.mine(9) == []


def test_a_given_task_and_a_late_one_are_told_once(shop: Shop):
    with shop.daniel.acting():
        task = tasks.open_of("repair_order", [shop.order])[0].id
        other = shop.company.person("Technician", name="Peter Kamau")
        operations.delegate(task, other.member_id)
    [(_kind, text)] = shop.told(other)
    assert text.startswith("Daniel Otieno gave you “Inspect item” for RO-")
    with shop.daniel.acting(), transaction():
        session().get_one(WorkflowTask, task).due_at = clock.now() - timedelta(minutes=1)
    lateness.tell_late()
    lateness.tell_late()
    assert [kind for kind, _text in shop.told(other)] == ["task_overdue", "task_delegated"]
    assert shop.told(shop.daniel) == []


def test_nothing_is_sent_to_who_may_no_longer_see_it(shop: Shop, run_jobs: Callable[[], int]):
    say(shop, "@Daniel Otieno look")
    with Provision(shop.company.url) as owner:
        owner.session.execute(sa.text("delete from member_role where member_id = :m"), {"m": shop.daniel.member_id})
    run_jobs()
    assert shop.mails() == []
    with shop.grace.acting():
        row = session().scalars(sa.select(Notification)).one()
        assert row.mail == "dropped"


def test_what_is_read_in_the_program_is_not_mailed(shop: Shop, run_jobs: Callable[[], int]):
    say(shop, "@Daniel Otieno look")
    with shop.daniel.acting():
        reading.mark_all_read()
        assert reading.count() == 0
    run_jobs()
    assert shop.mails() == []


def test_everybody_chooses_how_they_are_told(shop: Shop, run_jobs: Callable[[], int]):
    with shop.daniel.acting():
        wishes.save(Wishes({"mentioned": "mail"}))
        with pytest.raises(Invalid):
            wishes.save(Wishes({"mentioned": "pigeon", "nothing": "app"}, None, time(20), None))
    say(shop, "@Daniel Otieno one")
    assert shop.told(shop.daniel) == []
    run_jobs()
    assert len(shop.mails()) == 1
    with shop.daniel.acting():
        wishes.save(Wishes({"mentioned": "none"}))
    say(shop, "@Daniel Otieno two")
    run_jobs()
    assert (shop.told(shop.daniel), len(shop.mails())) == ([], 1)


def test_one_mail_a_day_tells_all_of_it(shop: Shop, run_jobs: Callable[[], int]):
    soon = (clock.now() + timedelta(hours=5)).astimezone(UTC).time()
    with shop.daniel.acting():
        wishes.save(Wishes(digest_at=soon))
    say(shop, "@Daniel Otieno one")
    say(shop, "@Daniel Otieno two")
    run_jobs()
    assert shop.mails() == []
    with shop.daniel.acting(), transaction():
        session().execute(
            sa.update(worker.Job).where(worker.Job.kind == "notifications.mail").values(due_at=clock.now())
        )
        session().execute(sa.update(Notification).values(mail_due_at=clock.now()))
    run_jobs()
    [mail] = shop.mails()
    assert mail.subject == "2 notifications"
    assert mail.text.index("one") < mail.text.index("two")


@pytest.mark.parametrize(
    ("wished", "now", "due"),
    [
        (Wishes(), "2026-11-20 12:00", "2026-11-20 12:00"),
        (Wishes(quiet_from=time(20), quiet_until=time(7)), "2026-11-20 19:59", "2026-11-20 19:59"),
        (Wishes(quiet_from=time(20), quiet_until=time(7)), "2026-11-20 20:00", "2026-11-21 07:00"),
        (Wishes(quiet_from=time(20), quiet_until=time(7)), "2026-11-21 06:59", "2026-11-21 07:00"),
        (Wishes(quiet_from=time(12), quiet_until=time(14)), "2026-11-20 13:00", "2026-11-20 14:00"),
        (Wishes(digest_at=time(17)), "2026-11-20 12:00", "2026-11-20 17:00"),
        (Wishes(digest_at=time(17)), "2026-11-20 17:00", "2026-11-21 17:00"),
        (Wishes({}, time(22), time(20), time(7)), "2026-11-20 12:00", "2026-11-21 07:00"),
    ],
)
def test_mail_keeps_the_hours_of_the_members_branch(wished: Wishes, now: str, due: str):
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(NAIROBI)
    at, wanted = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (now, due))
    assert wished.mail_due(at.astimezone(UTC), NAIROBI) == wanted


def test_a_member_who_left_and_one_of_another_company_are_told_nothing(
    shop: Shop, make_company: Callable[..., Company]
):
    other = make_company("Other").person("Counter")
    with shop.grace.acting(), transaction():
        session().get_one(Member, shop.daniel.member_id).is_active = False
        session().flush()
        assert notify(shop.daniel.member_id, "ready", what="x") is None
        assert notify(other.member_id, "ready", what="x") is None
        assert notify(shop.grace.member_id, "ready", key="one", what="x") is not None
        assert notify(shop.grace.member_id, "ready", key="one", what="x") is None


def test_another_members_notification_is_not_there(shop: Shop):
    say(shop, "@Daniel Otieno look")
    with shop.daniel.acting():
        mine = reading.page()[0][0].id
        assert reading.count() == 1
    with shop.grace.acting():
        assert reading.count() == 0
        with pytest.raises(NotFound):
            reading.mark_read(mine)
