"""Decision tables on the way to a version: what is said of their gaps, and what changes from one to the next."""

from __future__ import annotations

import pytest

from erp.decisions import read
from erp.modelling import checking, drafts, publishing
from erp.modelling.drafts import Parts
from erp.modelling.table_differences import differences_of
from erp.testing.pytest_plugin import Company, Person
from erp.workflow import definitions
from tests.erp.decisions.rules import file, formula, table

NUMBER, TEXT = ("number", ""), ("string", "")
DEPOSIT = "repair_deposit"


@pytest.fixture
def mary(company: Company) -> Person:
    return company.person("TENANT_ANALYST", name="Mary Wanjiru")


def shipped() -> str:
    return definitions.shipped_decision(DEPOSIT) or ""


def kept(dmn: str, saved: int = 0) -> drafts.WorkflowDraft:
    return drafts.save_parts("repair_order", Parts(decisions={DEPOSIT: dmn}), saved=saved)


def test_a_gap_is_said_before_publishing_and_forbids_nothing(company: Company, mary: Person):
    with mary.acting():
        draft = kept(shipped())
        assert publishing.preview(draft).remarks == []
        gap = (
            shipped()
            .replace('hitPolicy="FIRST"', 'hitPolicy="UNIQUE"')
            .replace("<text>&lt; 500</text>", "<text>0</text>")
        )
        draft = kept(gap, draft.version)
        preview = publishing.preview(draft)
        assert checking.errors(preview.remarks) == []
        said = [(each.label, each.message) for each in preview.remarks]
        assert (
            "Decide deposit",
            "Table “Repair deposit”: Rules 1 and 2 both answer when Currency is “KES” and Total < 50,000; only one may.",
        ) in said
        changes = [(each.label, each.what, each.before, each.after) for each in preview.changes]
        assert changes == [
            ("Decide deposit", "when several rules fit", "the first that fits", "only one rule may fit"),
            ("Decide deposit", "rule 6, “Total”", "< 500", "0"),
        ]
        assert publishing.publish("repair_order", saved=draft.version, note="Tried") == 2
        live = drafts.live("repair_order")
        assert live.decisions[DEPOSIT] == gap


def test_a_table_that_cannot_be_read_says_where(company: Company, mary: Person):
    with mary.acting():
        draft = kept(shipped().replace("<text>&lt; 500</text>", "<text>&lt;</text>"))
        said = [(each.rule, each.message) for each in checking.errors(publishing.preview(draft).remarks)]
    reason = "“Deposit, rule 6”, “<”: Something is missing at the end: a value."
    assert said == [("table-invalid", f"Table “Repair deposit”: {reason}")]


def told(before, after):
    return list(differences_of(*(read(file(*parts)) for parts in (before, after))))


def test_what_is_different_is_said_rule_by_rule():
    old = [("> 5", '"a"', "1"), ("> 7", "-", "2"), ("-", "-", "3")]
    columns, outputs = {"total": NUMBER, "kind": TEXT}, {"percent": NUMBER}
    before = [table(columns, outputs, old, policy="FIRST")]
    assert told(before, before) == []
    assert told(before, [table(columns, outputs, [old[1], old[0], old[2]], policy="FIRST")]) == [
        ("order of the rules", "1, 2, 3", "2, 1, 3")
    ]
    assert told(before, [table(columns, outputs, [old[0], ("> 9", '"b"', "4"), old[2]], policy="FIRST")]) == [
        ("new rule 2", "", 'total > 9, kind "b" → percent 4'),
        ("rule 2", "total > 7 → percent 2", ""),
    ]
    more = {**columns, "member": ("boolean", "")}
    assert told(before, [table(more, {"rate": NUMBER}, [], policy="COLLECT")])[:4] == [
        ("when several rules fit", "the first that fits", "all of them"),
        ("new input", "", "member (member, boolean)"),
        ("new output", "", "rate (number)"),
        ("output", "percent (number)", ""),
    ]
    named = [part.replace("<rule>", f'<rule id="r{n}">', 1) for n, part in enumerate(before)]
    assert told(named, [named[0].replace("&gt; 5", "&gt; 6")]) == [
        ("rule 1, “total”", "> 5", "> 6"),
    ]


def test_files_of_several_tables_name_the_table():
    before = [formula("risk", "1"), table({"risk": NUMBER}, {"x": NUMBER}, [("1", "2")], needs=["risk"])]
    after = [formula("risk", "2"), before[1], formula("more", "3")]
    assert told(before, after) == [
        ("table “risk”, how it is decided", "1", "2"),
        ("new table", "", "more"),
    ]
    assert told(after, before)[-1] == ("table", "more", "")
