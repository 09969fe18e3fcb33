"""What a table leaves open and which rules are in each other's way: in words, and against asking it for everything."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal
from itertools import product

import pytest

from erp.decisions import DecisionFailed, read
from erp.decisions.coverage import CONTRADICTION, EMPTY, GAP, HIDDEN, NEVER, OVERLAP, analysed
from erp.decisions.nodes import Scope
from erp.decisions.parsing import unary_tests
from tests.erp.decisions.rules import file, table

TODAY = date(2026, 11, 27)
NUMBER, TEXT, YES, DAY = ("number", ""), ("string", ""), ("boolean", ""), ("date", "")


def looked(inputs, rules, policy="UNIQUE", outputs=None, known=None, **more):
    outputs = outputs or {"x": NUMBER}
    model = read(file(table(inputs, outputs, [row if len(row) > len(inputs) else (*row, "1") for row in rules],
                            policy=policy, **more)))  # fmt: skip
    return analysed(model, "rules", TODAY, known)


def said(analysis, *kinds):
    return [each.message for each in analysis.findings if not kinds or each.kind in kinds]


def test_a_gap_is_said_in_words_and_as_the_rule_that_would_fill_it():
    found = looked({"Total": NUMBER, "Member": YES}, [("<= 5000", "-"), ("> 5000", "true")])
    assert said(found, GAP, OVERLAP) == ["Nothing answers when Total > 5,000 and Member is false."]
    assert found.findings[0].cells == ["> 5000", "false"]
    assert found.is_whole
    assert "Nothing answers when Total is empty." in said(found, EMPTY)


@pytest.mark.parametrize(
    ("kind", "rules", "gaps"),
    [
        (NUMBER, ["< 5", "[5..10)", "> 12"], ["10 ≤ In ≤ 12"]),
        (NUMBER, ["< 5", "(5..10)", "> 10"], ["In is 5 or In is 10"]),
        (NUMBER, ["not(3)"], ["In is 3"]),
        (NUMBER, [], [""]),
        (("integer", ""), ["<= 5", ">= 6"], []),
        (NUMBER, ["<= 5", ">= 6"], ["5 < In < 6"]),
        (("number", "[0..100]"), ["< 50"], ["50 ≤ In ≤ 100"]),
        (TEXT, ['"a","b"', '"c"'], ["In is none of “a”, “b”, “c”"]),
        (TEXT, ['not("a","b")', '"a"'], ["In is “b”"]),
        (("string", '"a","b","c"'), ['"a"'], ["In is one of “b”, “c”"]),
        (YES, ["true"], ["In is false"]),
        (DAY, ['<= date("2025-01-30")', '>= date("2025-01-31")'], []),
        (DAY, ['< date("2025-01-30")', '> date("2025-01-30")'], ["In is 30 Jan 2025"]),
        (DAY, ['< today() - duration("P365D")'], ["In ≥ 27 Nov 2025"]),
        (("dayTimeDuration", ""), ['< duration("P1D")'], ["In ≥ P1D"]),
        (("yearMonthDuration", ""), ['<= duration("P1M")', '>= duration("P2M")'], []),
        (("time", ""), ['>= time("08:00:00")'], ["In < 08:00:00+00:00"]),
        (("", ""), ["< 5", ">= 5"], []),
    ],
)  # fmt: skip
def test_every_kind_of_input(kind, rules, gaps):
    found = looked({"In": kind}, [(rule,) for rule in rules])
    wanted = [f"Nothing answers when {gap}." if gap else "Nothing answers at all." for gap in gaps]
    assert said(found, GAP) == wanted
    assert (found.unseen, found.is_whole) == ([], True)


def test_rules_in_each_others_way():
    apart = [("[0..10]", "1"), ("[10..20]", "2"), ("> 20", "3"), ("15", "4")]
    assert said(looked({"In": NUMBER}, apart), OVERLAP) == [
        "Rules 1 and 2 both answer when In is 10; only one may.",
        "Rules 2 and 4 both answer when In is 15; only one may.",
    ]
    any_of = [("< 10", "1"), ("< 5", "1"), ("> 8", "2"), ("9", "2 - 1")]
    assert said(looked({"In": NUMBER}, any_of, "ANY"), CONTRADICTION) == [
        "Rules 1 and 3 answer differently when 8 < In < 10.",
        "Rules 3 and 4 answer differently when In is 9.",
    ]
    first = looked({"A": NUMBER, "B": YES}, [("< 5", "-"), (">= 5", "true"), ("3", "true"), ("-", "true"), ("-", "-")],
                   "FIRST")  # fmt: skip
    assert said(first, HIDDEN) == ["Rule 3 never answers. These answer first: 1."]
    assert first.findings[0].rules == [3, 1]
    both = looked({"A": NUMBER}, [("< 5",), (">= 5",), ("not(null)",), ("null",)], "FIRST")
    assert said(both) == ["Rule 3 never answers. These answer first: 1, 2."]
    ranked = looked({"A": NUMBER}, [("< 5", '"low"'), ("< 9", '"high"')], "PRIORITY",
                    {"x": ("string", '"high","low"')})  # fmt: skip
    assert said(ranked, HIDDEN) == ["Rule 1 never answers. These answer first: 2."]
    assert said(looked({"A": NUMBER}, [("[9..3]",), ("-",)], "COLLECT"), NEVER) == [
        "Rule 1 never answers: no value fits under “A”."
    ]


def test_what_is_no_gap():
    assert said(looked({"A": NUMBER}, [("> 5",)], defaults=["0"])) == []
    assert said(looked({"A": NUMBER}, [("> 5",)], "COLLECT")) == []
    assert said(looked({"A": TEXT}, [('"a"',)], known={("A",): ["a"]}), GAP) == []
    # two columns that ask the same are one: no value is below 5 and above 10 at once
    twice = read(
        file(table({"A": NUMBER, "B": NUMBER}, {"x": NUMBER}, [("< 5", "-", "1"), ("-", ">= 5", "2")])
             .replace("<text>B</text>", "<text>A</text>"))
    )  # fmt: skip
    assert said(analysed(twice, "rules", TODAY), GAP, OVERLAP) == []


def test_what_another_table_can_answer_is_all_there_is():
    risk = table({"n": NUMBER}, {"risk": TEXT}, [("> 5", '"high"'), ("<= 5", '"low"')], name="risk")
    asking = [table({"risk": TEXT}, {"x": NUMBER}, [('"high"', "1")], needs=["risk"])]
    both = file(risk, *asking)
    assert said(analysed(read(both), "rules", TODAY), GAP) == ["Nothing answers when risk is “low”."]
    open_ended = file(risk.replace('"low"', "string(n)"), *asking)
    assert said(analysed(read(open_ended), "rules", TODAY), GAP) == ["Nothing answers when risk is none of “high”."]


def test_what_cannot_be_looked_at_is_said_and_taken_for_an_answer():
    found = looked(
        {"A": NUMBER, "B": TEXT}, [("? * 2 > 5", "-"), ("< 3", '"x"'), ("-", 'starts with(?, "y")')], "FIRST"
    )
    assert found.unseen == [(1, "A"), (3, "B")]
    assert said(found, GAP, HIDDEN) == []
    mixed = looked({"A": ("", "")}, [("5",), ('"x"',)])
    assert mixed.unseen == [(1, "A"), (2, "A")]


def test_large_tables_end_in_time_and_say_so():
    inputs = {f"c{place}": NUMBER for place in range(8)}
    chance = random.Random(4)
    rules = [tuple(f"[{(low := chance.randrange(1000))}..{low + 300}]" for _ in inputs) for _ in range(400)]
    found = looked(inputs, rules)
    assert not found.is_whole
    assert len(said(found, GAP)) <= 20


# -- against asking --------------------------------------------------------------------------------------

CELLS = {
    "number": ["-", "< 3", "<= 3", "> 3", ">= 5", "3", "[3..5]", "(3..5)", "[1..3),5", "not(3)", "not([3..5])", "null",
               "not(null)", "3, null", "-1", "1/0", "> 1/0"],
    "integer": ["-", "< 3", "> 3", "[2..4]", "(2..4)", "> 2.5", "not(3)", "null"],
    "string": ["-", '"a"', '"a","b"', 'not("a")', 'not("a","c")', "null", '["a","b"]', "not(null)"],
    "boolean": ["-", "true", "false", "not(true)", "null"],
    "date": ["-", '< date("2026-01-01")', '>= date("2026-01-01")', 'date("2026-01-02")',
             '[date("2026-01-01")..date("2026-01-03"))', "null"],
}  # fmt: skip
SAMPLES = {
    "number": [None, *(Decimal(n) / 2 for n in range(-4, 14))],
    "integer": [None, *(Decimal(n) for n in range(-2, 8))],
    "string": [None, "a", "b", "c", "d"],
    "boolean": [None, True, False],
    "date": [None, *(date(2025, 12, 30 + n) for n in range(2)), *(date(2026, 1, n) for n in range(1, 6))],
}


def drawn(chance, policy):
    kinds = {f"c{place}": chance.choice(list(CELLS)) for place in range(chance.randint(1, 3))}
    rules = [
        (*(chance.choice(CELLS[kind]) for kind in kinds.values()), str(chance.randint(1, 2)))
        for _ in range(chance.randint(0, 6))
    ]
    inputs = {name: (kind, "") for name, kind in kinds.items()}
    outputs = {"x": ("number", "2,1" if policy == "PRIORITY" else "")}
    return read(file(table(inputs, outputs, rules, policy=policy))), kinds


@pytest.mark.parametrize("seed", range(150))
def test_the_analysis_agrees_with_asking_for_every_value(seed):
    chance = random.Random(seed)
    policy = ("UNIQUE", "ANY", "FIRST", "PRIORITY")[seed % 4]
    model, kinds = drawn(chance, policy)
    found = analysed(model, "rules", TODAY)
    assert (found.unseen, found.is_whole) == ([], True)
    rules = model.find("rules").logic
    fired, clashed, opened = set(), set(), []
    for values in product(*(SAMPLES[kind] for kind in kinds.values())):
        told = dict(zip(kinds, values, strict=True))
        matching = [rule.number for rule in rules.matching(list(values), Scope({}))]
        try:
            outcome = model.decide("rules", told)
        except DecisionFailed:
            clashed.update((a, b) for a in matching for b in matching if a < b)
            continue
        fired.update(outcome.ruling.rules)
        if outcome.ruling.is_unmatched:
            opened.append(values)
    gaps = [each for each in found.findings if each.kind in {GAP, EMPTY}]
    boxes = [[unary_tests(cell) for cell in each.cells] for each in gaps]
    filled = [values for values in opened if None not in values]
    for values in product(*(SAMPLES[kind][1:] for kind in kinds.values())):
        inside = any(
            all(test.holds(value, Scope({})) is True for test, value in zip(box, values, strict=True))
            for box, each in zip(boxes, gaps, strict=True)
            if each.kind == GAP
        )
        assert inside == (values in filled), values
    assert any(values.count(None) == 1 for values in opened) == any(each.kind == EMPTY for each in gaps)
    pairs = {tuple(each.rules) for each in found.findings if each.kind in {OVERLAP, CONTRADICTION}}
    says = {rule.number: rule.outputs[0] for rule in rules.rules}
    assert pairs == {pair for pair in clashed if policy == "UNIQUE" or says[pair[0]] != says[pair[1]]}
    silent = {each.rules[0] for each in found.findings if each.kind in {HIDDEN, NEVER}}
    if policy in {"FIRST", "PRIORITY"}:
        assert silent == {rule.number for rule in rules.rules} - fired
    else:
        assert not silent & fired
