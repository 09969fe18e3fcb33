"""What came of a storm, judged by the outside's own log and by the rows, against the same stories undisturbed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.chaos import outside
from tests.chaos.kinds import Expected
from tests.chaos.storm import Place, Storm


@dataclass
class Verdict:
    """How many instances there were, and in how many something was done twice, lost, or stood still."""

    instances: int = 0
    duplicates: int = 0
    lost: int = 0
    stuck: int = 0
    notes: list[str] = field(default_factory=list)


def judge(storm: Storm) -> Verdict:
    """The verdict; each note says what is wrong with which instance."""
    verdict = Verdict(instances=storm.begun)
    verdict.stuck = max(0, storm.left())
    asked = _asked(storm)
    for place in storm.places.values():
        rows = storm.database.ask(
            "select instance.id, instance.status, document.id, document.state, document.rework_count"
            " from workflow_instance instance join repair_order document on document.id = instance.document_id"
            " where instance.tenant_id = %s", place.tenant,
        )  # fmt: skip
        documents = storm.database.ask("select count(*) from repair_order where tenant_id = %s", place.tenant)[0][0]
        verdict.duplicates += max(0, len(rows) - place.begun) + max(0, documents - place.begun)
        verdict.lost += max(0, place.begun - len(rows))
        for instance, status, document, state, inline in rows:
            if status != "ended":
                verdict.notes.append(f"{place.kind.name}, instance {instance}: {status}, {_where(storm, instance)}")
                continue
            found = (state, inline, asked[document])
            for what, is_twice in _wrong(storm, place, instance, found):
                verdict.duplicates += is_twice
                verdict.lost += not is_twice
                verdict.notes.append(f"{place.kind.name}, instance {instance}: {what}")
        _thrown(storm, place, len(rows), verdict)
    _jobs(storm, verdict)
    verdict.notes += storm.unexpected
    return verdict


def _asked(storm: Storm) -> dict[int, Counter[str]]:
    """How often each service really did something for a document: with a key it had seen it did nothing."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for name, _key, document in {(each["name"], each["key"], each["document"]) for each in outside.told(storm.log)}:
        found[document][name] += 1
    return found


def _wrong(
    storm: Storm, place: Place, instance: int, found: tuple[str, int, Counter[str]]
) -> Iterator[tuple[str, bool]]:
    """What differs from the undisturbed story, and whether it was done too often."""
    expected: Expected = place.kind.expected
    state, inline, asked = found
    events = storm.database.ask(
        "select seq, kind, element, token from workflow_event where instance_id = %s order by seq", instance
    )
    told = Counter((kind, element) for _seq, kind, element, _token in events)
    for difference, is_twice in ((told - expected.events, True), (expected.events - told, False)):
        if difference:
            yield f"{'too often' if is_twice else 'missing'}: {dict(difference)}", is_twice
    for count, wanted, what in ((inline, expected.inline, "inline actions"),
                                *((asked[name], expected.calls[name], name) for name in asked | expected.calls)):  # fmt: skip
        if count != wanted:
            yield f"{what}: {count} instead of {wanted}", count > wanted
    if state != expected.state:
        yield f"ends as {state}, not {expected.state}", False
    if [seq for seq, *_rest in events] != list(range(len(events))):
        yield "its history has gaps", False
    visits = Counter((kind, element, token) for _seq, kind, element, token in events if token and kind in ONCE)
    if again := [visit for visit, times in visits.items() if times > 1]:
        yield f"twice for one token: {again}", True


ONCE = frozenset({"entered", "completed", "passed", "decided", "script", "action", "sent"})
"""What happens once to a token; a timer or message on a boundary may come again."""


def _thrown(storm: Storm, place: Place, instances: int, verdict: Verdict) -> None:
    """Every message and signal a process threw is there once."""
    rows = storm.database.ask(
        "select name, count(*) from workflow_message where tenant_id = %s group by 1", place.tenant
    )
    kept = dict(rows)
    for name, each in place.kind.expected.thrown.items():
        difference = kept.get(name, 0) - each * instances
        verdict.duplicates += max(0, difference)
        verdict.lost += max(0, -difference)
        if difference:
            verdict.notes.append(f"{place.kind.name}: {name} was sent {kept.get(name, 0)} times by {instances}")


def _jobs(storm: Storm, verdict: Verdict) -> None:
    """No row of work has failed for good, and none is left half way."""
    tenants = list(storm.places)
    for kind, state, error in storm.database.ask(
        "select kind, state, error from job where tenant_id = any(%s) and (state in ('failed', 'running')"
        " or state = 'waiting' and due_at < now() - interval '20 seconds')", tenants,
    ):  # fmt: skip
        verdict.lost += 1
        verdict.notes.append(f"a row of {kind} is {state}: {error[:200]}")
    incidents = storm.database.ask("select reason from workflow_incident where tenant_id = any(%s)", tenants)
    verdict.lost += len(incidents)
    verdict.notes += [f"an incident: {reason[:200]}" for (reason,) in incidents]


def _where(storm: Storm, instance: int) -> Any:
    """What an instance that has not ended waits for."""
    return storm.database.ask(
        "select element from workflow_task where instance_id = %s and status = 'open' union all"
        " select element from workflow_subscription where instance_id = %s union all"
        " select kind || ' ' || state || ' ' || coalesce(request->>'element', '') || ' ' || attempts || ' ' || error"
        " from job where (request->>'instance')::bigint = %s and state <> 'done' and kind like 'workflow%%'",
        instance, instance, instance,
    )  # fmt: skip
