"""A running process in another version of its diagram: what goes along, what is refused, and what is never left out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import pytest

from erp.workflow import engine
from erp.workflow.errors import EngineError, ProcessError
from erp.workflow.migration.mapping import ElementMap
from erp.workflow.migration.standing import Past
from tests.erp.workflow.engine_tools import Caller, Running, files
from tests.erp.workflow.sketch import sketch


class Moving(Running):
    """A running process that can be put into another version."""

    def __init__(self, *versions: bytes, values: Mapping | None = None, caller: Caller | None = None, called=()):
        self.versions = [{"order": each, **dict(called)} for each in versions]
        self.passed: set[tuple[str, str]] = set()
        super().__init__("order", values or {"number": "R-7"}, caller, self.versions[0])

    def _keep(self):
        keys = {each.task_id: each.process for each in self.instance.changes.events}
        self.passed |= {(keys[e.task_id], e.element_id) for e in self.instance.changes.events if e.kind == "completed"}
        super()._keep()

    def move(self, chosen: Mapping[str, str] | None = None, *, because: str = "", roles: Collection[str] | None = None,
             fixed: Collection[str] = (), xmls: Mapping[str, bytes] | None = None) -> list[str]:  # fmt: skip
        """Try the second version; the codes of what stands in the way, none if it stands there now."""
        to = engine.compile(xmls or self.versions[1], self.spec.key)
        plan = ElementMap(self.spec.diagrams, to.diagrams, {self.spec.key: chosen or {}})
        past = Past(self.passed, roles, fixed)
        copy = engine.Instance.load(self.spec, self.instance.snapshot(), self.caller)
        moved = engine.migrate(copy, to, plan, past, self.caller, is_asked=bool(because))
        self.told = [each.message for each in moved.obstacles]
        if moved.instance is not None:
            self.spec, self.instance = to, moved.instance
            super()._keep()
        return [each.code for each in moved.obstacles]


def line(*steps: str, key: str = "order") -> bytes:
    """Steps that follow each other between `begun` and `over`; each is a node."""
    ids = [each.split(" ")[1] for each in steps]
    return sketch("start begun state=idle", *steps, "end over state=done", flows=" > ".join(["begun", *ids, "over"]),
                  key=key)  # fmt: skip


# -- what goes along -------------------------------------------------------------------------------------


ANSWERS = {
    "number": "R-7", "n": 3, "price": 5, "total": 5, "amount": 5, "quantity": 2, "level": "low", "decision": "yes",
    "items": [1, 2, 3], "lines": [{"sku": "a", "price": 1}, {"sku": "b", "price": 2}], "parcels": [1, 2], "voters": ["a", "b"],
    "is_done": True, "is_approved": True, "is_good": True, "is_paid": True, "verdict": "good", "vote": True, "count": 3,
    "result": 1, "people": ["a", "b"], "wanted": 2, "is_wanted": True, "left": 0, "rounds": 2, "reached": True,
}  # fmt: skip
"""What any of the diagrams beside these tests may ask."""


def renamed(text: bytes, names: Collection[str]) -> bytes:
    """The diagram with other ids for its elements."""
    for name in names:
        text = re.sub(rf'(="|>){name}("|<)'.encode(), rf"\g<1>{name}_2\g<2>".encode(), text)
    return text


def begun(key: str) -> Running | None:
    """A process at its first wait; None for those that are drawn to fail or end at once."""
    try:
        there = Running(key, ANSWERS, Caller("carrier.book", "capture", "reserve"))
    except (EngineError, ProcessError):
        return None
    return None if there.instance.ended else there


def steps_of(there: Running) -> bool:
    """Do one thing the process waits for; False where nothing is left to do."""
    it = there.instance
    for call in it.calls():
        there.answer(call.place.element_id, 1)
        return True
    for task in it.open_tasks():
        there.complete(task.element.id, **ANSWERS)
        return True
    for wanted in it.subscriptions():
        there.receive(wanted.place.element_id, amount="5", price="5", reason="x")
        return True
    for timer in it.timers():
        there.caller.moment = timer.due
        there.fire(timer.place.element_id)
        return True
    return False


@pytest.mark.parametrize("is_renamed", [False, True], ids=["drawn anew", "renamed"])
@pytest.mark.parametrize("key", [key for key in files() if begun(key) is not None])
def test_wherever_it_stands_it_goes_along_to_the_same_drawing(key: str, is_renamed: bool):
    """At every wait of every diagram: the same data, the same moments, nothing happens; and it goes on as before."""
    first = files()
    ids = {name: list(engine.compile(first, name).diagram.elements) for name in first if name != "element"}
    names = {name: [each for each in ids.get(name, ()) if is_renamed and each != name] for name in first}
    second = {name: renamed(text, names[name]) + b"<!-- anew -->" for name, text in first.items()}
    there = begun(key)
    assert there is not None
    other = engine.compile(second, key)
    passed: set[tuple[str, str]] = set()
    for turn in range(40):
        for event in there.changes.events:
            bare = event.element_id.removesuffix("_2")
            passed |= {(event.process, bare), (event.process, f"{bare}_2")} if event.kind == "completed" else set()
        here, there_ = there.spec, other if turn % 2 == 0 else engine.compile(first, key)
        chosen = {name: {each: f"{each}_2" for each in names[name]} for name in names}
        if turn % 2:
            chosen = {name: {new: old for old, new in some.items()} for name, some in chosen.items()}
        if there.instance.ended:
            break
        before = there.instance
        wanted = (
            len(there.waiting), {(each.id, each.due, each.remaining) for each in before.timers()},
            {(each.id, each.key) for each in before.subscriptions()},
            {each.id: before.values(each.id) for each in before.open_tasks()},
        )  # fmt: skip
        copy = engine.Instance.load(here, before.snapshot(), there.caller)
        moved = engine.migrate(
            copy, there_, ElementMap(here.diagrams, there_.diagrams, chosen), Past(passed), there.caller
        )
        if before.calls():
            assert {each.code for each in moved.obstacles} == {"call_in_flight"}
        else:
            assert [(each.code, each.message) for each in moved.obstacles] == []
            assert moved.instance.changes.events == ()
            there.spec, there.instance = there_, moved.instance
            there._keep()
            after = there.instance
            assert wanted == (
                len(there.waiting), {(each.id, each.due, each.remaining) for each in after.timers()},
                {(each.id, each.key) for each in after.subscriptions()},
                {each.id: after.values(each.id) for each in after.open_tasks()},
            )  # fmt: skip
        try:
            if not steps_of(there):
                break
        except (EngineError, ProcessError):
            break


def test_a_step_goes_along_with_its_data_and_what_it_waits_for_beside():
    first = sketch("start begun", "do repair", "at slow on=repair after=P2D beside", "do look", "end over", "end seen",
                   flows="begun > repair > over, slow > look > seen")  # fmt: skip
    second = sketch("start begun", "do check", "do mend lane=Technician", "at slow on=mend after=P9D beside", "do look",
                    "end over", "end seen", flows="begun > check > mend > over, slow > look > seen")  # fmt: skip
    order = Moving(first, second, values={"number": "R-7", "price": 12})
    (timer,), (task,) = order.instance.timers(), order.instance.open_tasks()
    order.caller.later(days=1)
    assert order.move() == ["element_gone"]
    assert order.told == ["“Repair” is not there any more. Choose what takes its place."]
    # somebody says that these two are one step, and not that the new one before it is done
    assert order.move({"repair": "mend"}) == ["step_skipped"]
    assert order.told == ["“Check” would be left out."]
    assert order.move({"repair": "mend"}, because="All of these were checked by hand") == ["step_skipped"]
    (moved,), (open_,) = order.instance.timers(), order.instance.open_tasks()
    assert (open_.id, open_.element.id, open_.element.lane) == (task.id, "mend", "Technician")
    assert (moved.id, moved.due) == (timer.id, timer.due)  # as it was promised, whatever the new version says
    assert order.instance.values(open_.id) == {"number": "R-7", "price": 12}
    order.caller.later(days=1)
    assert order.fire("slow").waiting == ["look", "mend"]
    assert order.complete("mend").complete("look").instance.ended


def test_what_has_happened_beside_a_step_does_not_happen_again():
    drawn = ("do repair", "at slow on=repair after=P2D beside", "do look", "end over", "end seen")
    flows = "begun > repair > over, slow > look > seen"
    second = sketch("start begun", "do before", *drawn, flows=flows.replace("begun", "begun > before"))
    order = Moving(sketch("start begun", *drawn, flows=flows), second)
    order.caller.later(days=2)
    order.fire("slow").complete("look")
    assert order.move() == []
    assert order.waiting == ["repair"]


def test_only_what_is_new_beside_a_step_begins_to_wait():
    first = sketch("start begun", "do repair", "at slow on=repair after=P2D", "end over", "end late",
                   flows="begun > repair > over, slow > late")  # fmt: skip
    second = sketch("start begun", "do repair", "at called_off on=repair hears=off", "at quick on=repair after=PT1H beside",
                    "end over", "end late", "end told", flows="begun > repair > over, called_off > late, quick > told")  # fmt: skip
    order = Moving(first, second)
    order.caller.later(hours=5)
    assert order.move() == []
    assert order.waiting == ["called_off", "quick", "repair"]
    (timer,), (heard,) = order.instance.timers(), order.instance.subscriptions()
    assert timer.due == order.caller.moment + (timer.due - order.caller.moment)
    assert (timer.due - order.caller.moment).total_seconds() == 3600  # from now on: nobody could know before
    assert (heard.name, heard.key) == ("off", "R-7")
    order.receive("called_off")
    assert order.instance.ended


def test_event_subprocesses_go_along_begin_and_end():
    part = ("event reminder", "reminder.start hour after=PT1H beside", "reminder.do ring", "reminder.end rung")
    inner = "hour > ring > rung"
    first = sketch("start begun", "do repair", *part, "end over", flows=f"begun > repair > over, {inner}")
    second = sketch("start begun", "do repair", "event stop", "stop.start told hears=stop", "stop.do close",
                    "stop.end closed", "end over", flows="begun > repair > over, told > close > closed")  # fmt: skip
    order = Moving(first, first + b"<!-- -->")
    (timer,) = order.instance.timers()
    assert order.move() == []
    assert [each.due for each in order.instance.timers()] == [timer.due]
    order.versions.append(order.versions[0])
    assert order.move(xmls={"order": second}) == []
    assert order.waiting == ["repair", "told"]
    assert order.receive("told").waiting == ["close"]


def test_a_race_keeps_what_both_wait_for():
    def race(*arms: str) -> bytes:
        ids = [each.split(" ")[1] for each in arms]
        return sketch("start begun", "first which", *arms, *(f"end e_{id_}" for id_ in ids),
                      flows="begun > which, " + ", ".join(f"which > {id_} > e_{id_}" for id_ in ids))  # fmt: skip

    order = Moving(
        race("wait paid hears=paid", "wait late after=P2D"), race("wait paid hears=paid", "wait off hears=off")
    )
    (before,) = order.instance.subscriptions()
    assert order.move() == []
    assert order.waiting == ["off", "paid"]
    assert {each.element_id for each in (s.place for s in order.instance.subscriptions())} == {"off", "paid"}
    assert before.id in {each.id for each in order.instance.subscriptions()}
    assert order.receive("paid").instance.ended
    gone = Moving(
        race("wait paid hears=paid", "wait late after=P2D"), race("wait off hears=off", "wait soon after=PT1M")
    )
    assert gone.move() == ["element_gone"]


def test_parts_calls_and_repetitions_go_along():
    def whole(*more: str, called: str = "parcel") -> bytes:
        return sketch("start begun", "part pack", "pack.start p0", *(f"pack.{each}" for each in more or ("do wrap",)),
                      "pack.end p1", f"call send calls={called}", "do sign each=items", "end over",
                      flows="begun > pack > send > sign > over, p0 > "
                      + " > ".join(each.split(" ")[1] for each in more or ("do wrap",)) + " > p1")  # fmt: skip

    parcel = {"parcel": line("do stamp", key="parcel"), "letter": line("do lick", key="letter")}
    order = Moving(
        whole(), whole("do weigh", "do wrap"), called=parcel.items(), values={"number": "R-7", "items": [1, 2]}
    )
    assert order.move() == []
    order.complete("wrap")
    assert order.waiting == ["stamp"]
    changed = {"order": whole(), "parcel": line("do weigh", "do stamp", key="parcel")}
    assert order.move(xmls=changed) == []  # called processes go along with what the version calls
    assert order.move(xmls={"order": whole(called="letter"), **parcel}) == ["other_process", "element_gone"]
    order.complete("stamp")
    assert order.waiting == ["sign", "sign"]
    order.complete("sign")
    assert order.move(xmls={"order": whole(), "parcel": parcel["parcel"]}) == []
    assert order.move(xmls={"order": whole().replace(b"items", b"things"), "parcel": parcel["parcel"]}) == [
        "repetition_changed"
    ]
    assert order.complete("sign").instance.ended


# -- what is refused -------------------------------------------------------------------------------------

TWO = ("do pack", "do bill")


def forked(*branches: str, kind: str = "fork") -> bytes:
    ids, when = [each.split(" ")[1] for each in branches], "" if kind == "fork" else "?number == 'R-7'"
    return sketch("start begun", f"{kind} split", *branches, f"{kind} join", "end over",
                  flows="begun > split, join > over, " + ", ".join(f"split > {id_}{when} > join" for id_ in ids))  # fmt: skip


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        (line("do repair"), line("script repair runs=x=1"), ["kind_changed"]),
        (line("do repair"), line("service repair action=notify"), ["kind_changed"]),
        (line("do repair"), line("wait repair after=PT1H"), ["kind_changed"]),
        (line("wait repair hears=paid"), line("wait repair after=PT1H"), ["kind_changed"]),
        (line("do repair"), line("do mend"), ["element_gone"]),
        (line("do repair"), line("do repair each=items"), ["repetition_changed"]),
        (line("do repair"), sketch("start begun", "part p", "p.start p0", "p.do repair", "p.end p1", "end over",
                                   flows="begun > p > over, p0 > repair > p1"), ["part_changed"]),
        (line("service book action=carrier.book"), line("service book action=carrier.book", "do sign"),
         ["call_in_flight"]),
        (forked(*TWO), forked(*TWO, "do tell"), ["paths_changed"]),
        (forked(*TWO), line(*TWO), ["paths_changed"]),
        (line("do pack", "do bill"), forked(*TWO), ["paths_changed"]),
        (forked(*TWO, kind="any"), line(*TWO), ["paths_changed"]),
    ],
)  # fmt: skip
def test_where_it_could_not_go_on(first: bytes, second: bytes, codes: list[str]):
    order = Moving(first, second, caller=Caller("carrier.book"))
    before = order.waiting
    assert order.move() == codes
    assert order.move(because="Lydia says so") == codes  # no reason helps
    assert order.waiting == before


def test_who_waits_for_others_keeps_waiting_for_them_only():
    order = Moving(forked(*TWO), forked("do check", *TWO))
    order.complete("pack")
    assert order.move() == ["paths_changed"]
    again = Moving(forked(*TWO), forked(*TWO) + b"<!-- -->")
    again.complete("pack")
    assert again.move() == []
    assert again.complete("bill").instance.ended


def test_a_role_that_does_not_exist():
    order = Moving(line("do repair"), line("do repair lane=Robots"))
    assert order.move(roles={"Counter"}) == ["role_gone"]
    assert order.told == ["“Repair” is for “Robots” there, which is no role."]
    assert order.move(roles={"Robots"}) == []


# -- what is never left out ------------------------------------------------------------------------------

YES = "approvers='TENANT_MANAGER'"


def test_the_trap_of_a_renamed_step_that_becomes_a_script():
    """What SpiffWorkflow's own migration does: the waiting step is renamed, a script is drawn, the step is skipped."""
    first = line("do approve")
    second = line("script note runs=x=1", "do approve_loan")
    order = Moving(first, second)
    assert order.move() == ["element_gone"]
    assert order.move({"approve": "note"}) == ["kind_changed"]
    assert order.move({"approve": "note"}, because="Quicker") == ["kind_changed"]
    assert order.move({"approve": "approve_loan"}) == []
    assert order.waiting == ["approve_loan"]


@pytest.mark.parametrize(
    ("first", "second", "chosen", "codes"),
    [
        # both versions ask for it, and it would never be asked
        (["do check", f"do approve {YES}", "do pay"], ["do look", f"do approve {YES}", "do pay"], {"check": "pay"},
         ["approval_skipped", "step_skipped"]),
        (["do check", f"do approve {YES}", "do pay"], [f"do approve {YES}", "do check", "do pay"], {},
         ["approval_skipped"]),
        ([f"do approve {YES}", "do pay"], ["do approve", "do pay"], {}, ["approval_lost"]),
        ([f"do approve {YES}", "do pay"], ["do look", "do pay"], {"approve": "look"}, ["approval_lost"]),
        ([f"do approve {YES}", "do pay"], [f"do approve {YES}", "do pay"], {"approve": "pay"},
         ["approval_lost", "approval_skipped"]),
        (["do check", "call ask calls=asking"], ["call ask calls=asking", "do check"], {}, ["approval_skipped"]),
        (["do check", "call ask calls=asking"], ["call ask calls=asking", "do look"], {"check": "look"},
         ["approval_skipped"]),
    ],
)  # fmt: skip
def test_an_approval_is_not_skipped(first: list[str], second: list[str], chosen: dict[str, str], codes: list[str]):
    called = {"asking": line(f"do agree {YES}", key="asking")}
    order = Moving(line(*first), line(*second), called=called.items())
    before = order.waiting
    assert order.move(chosen, because="It is urgent") == codes
    assert order.move(chosen) == codes
    assert order.waiting == before


@pytest.mark.parametrize(
    ("first", "second", "chosen", "code"),
    [
        (["do check", f"do approve {YES}"], ["do check"], {}, "approval_gone"),
        (["do check", f"do approve {YES}"], ["do check", "do approve"], {}, "approval_gone"),
        (["do check"], [f"do approve {YES}", "do check"], {}, "approval_new"),
        (["do check"], [f"do approve {YES}", "do look"], {"check": "look"}, "approval_new"),
        (["do check", "do clean", "do pay"], ["do look", "do clean", "do pay"], {"check": "pay"}, "step_skipped"),
    ],
)  # fmt: skip
def test_what_nobody_would_be_asked_needs_a_reason(first: list[str], second: list[str], chosen: dict, code: str):
    order = Moving(line(*first), line(*second))
    assert set(order.move(chosen)) == {code}
    before = order.waiting
    assert set(order.move(chosen, because="The owner has approved all of these on paper")) == {code}
    assert order.waiting == [chosen.get(before[0], before[0])]


def test_what_was_approved_already_is_no_obstacle():
    order = Moving(line(f"do approve {YES}", "do pay"), line("do check", f"do approve {YES}", "do tell", "do pay"))
    order.complete("approve", approved=True)
    assert order.move() == []
    renamed = Moving(line(f"do approve {YES}", "do pay"), line(f"do agree {YES}", "do pay"))
    renamed.complete("approve", approved=True)
    assert renamed.move() == ["approval_new"]  # nobody has said that these two are one
    assert renamed.move({"approve": "agree"}) == []


def test_a_step_that_becomes_an_approval_is_asked_for():
    order = Moving(line("do approve", "do pay"), line(f"do approve {YES}", "do pay"))
    assert order.move() == []
    (task,) = order.instance.open_tasks()
    assert task.element.is_approval


def test_votes_are_about_the_terms_they_were_cast_on():
    order = Moving(line(f"do approve {YES}"), line(f"do approve {YES} quorum=1"))
    assert order.move(fixed={"approve"}) == ["approval_begun"]
    assert order.move() == []


def test_ids_are_not_guessed_from_what_stands_around():
    text = re.sub(rb'name="Repair"', b'name="Mend it"', line("do repair"))
    order = Moving(line("do repair"), text)
    assert order.move() == []
    assert order.instance.open_tasks()[0].element.name == "Mend it"
