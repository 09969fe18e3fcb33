"""Decision tables and what requires what: every hit policy, every refusal, and an account of each answer."""

from __future__ import annotations

from decimal import Decimal

import pytest

from erp.decisions import DecisionFailed, DecisionInvalid, read
from tests.erp.decisions.rules import ANY, file, formula, function, table

NUMBER, TEXT = ("number", ""), ("string", "")
STEPS = [("> 10", '"much"'), ("> 5", '"some"'), ("> 0", '"little"')]


def sized(policy, order='"some", "much", "little"', **more):
    return read(file(table({"size": NUMBER}, {"called": ("string", order)}, STEPS, policy=policy, **more)))


def asked(model, **told):
    return model.decide("rules", told)


def test_one_rule_decides():
    first = asked(sized("FIRST"), size=12)
    assert (first.value, first.ruling.rules) == ("much", [1])
    priority = asked(sized("PRIORITY"), size=12)
    assert (priority.value, priority.ruling.rules) == ("some", [2])
    assert asked(sized("UNIQUE"), size=3).value == "little"
    with pytest.raises(DecisionFailed, match=r"rules 1, 2, 3 match together, and only one may"):
        asked(sized("UNIQUE"), size=12)
    with pytest.raises(DecisionFailed, match="say different things"):
        asked(sized("ANY"), size=12)
    same = read(file(table({"size": NUMBER}, {"ok": ANY}, [("> 1", "true"), ("> 2", "true")], policy="ANY")))
    assert asked(same, size=3).value is True


def test_several_rules_count():
    assert asked(sized("RULE ORDER"), size=12).value == ["much", "some", "little"]
    ordered = asked(sized("OUTPUT ORDER"), size=12)
    assert (ordered.value, ordered.ruling.rules) == (["some", "much", "little"], [2, 1, 3])
    assert asked(sized("COLLECT"), size=7).value == ["some", "little"]
    assert asked(sized("COLLECT"), size=0).value == []


@pytest.mark.parametrize(
    ("aggregation", "wanted", "of_none"),
    [
        ("SUM", Decimal(6), None),
        ("MIN", Decimal(1), None),
        ("MAX", Decimal(3), None),
        ("COUNT", Decimal(3), Decimal(0)),
    ],
)
def test_collected_numbers_are_summed_up(aggregation, wanted, of_none):
    rules = [("> 0", "1"), ("> 1", "2"), ("> 2", "3")]
    model = read(file(table({"n": NUMBER}, {"x": NUMBER}, rules, policy="COLLECT", aggregation=aggregation)))
    assert asked(model, n=3).value == wanted
    assert asked(model, n=0).value == of_none


def test_several_outputs_come_by_name():
    rules = [('"low"', '"yes"', "10"), ('"high"', '"no"', "20")]
    model = read(file(table({"risk": TEXT}, {"accepted": TEXT, "share": NUMBER}, rules)))
    found = asked(model, risk="high")
    assert found.value == found.ruling.outputs == {"accepted": "no", "share": Decimal(20)}
    assert model.outputs("rules") == ["accepted", "share"]


def test_where_no_rule_matches():
    silent = asked(sized("FIRST"), size=0)
    assert silent.value is None
    with pytest.raises(DecisionFailed, match="No rule of “rules” matches: size = 0"):
        silent.certain()
    spoken = asked(sized("FIRST", defaults=['"none"']), size=None)
    assert spoken.certain().is_default
    assert spoken.value == "none"
    assert asked(sized("COLLECT"), size=0).certain().rules == []


def test_what_does_not_fit_is_told():
    model = read(file(table({"risk": ("string", '"low", "high"')}, {"ok": ("boolean", "")}, [("-", '"maybe"')])))
    with pytest.raises(DecisionFailed, match="“risk” should be of the type string, not “5”"):
        asked(model, risk=5)
    with pytest.raises(DecisionFailed, match='“risk” may be "low", "high", not “odd”'):
        asked(model, risk="odd")
    with pytest.raises(DecisionFailed, match="“ok” should be of the type boolean, not “maybe”"):
        asked(model, risk="low")


def test_decisions_use_decisions_and_functions():
    model = read(file(
        function("twice", ["n"], "n * 2"), function("fourfold", ["n"], "twice(twice(n))", ["twice"]),
        formula("base", "fourfold(price)", functions=["fourfold"]),
        table({"base": NUMBER}, {"fee": NUMBER}, [("<= 100", "base / 10"), ("> 100", "5")], name="fee", needs=["base"]),
        formula("total", "base + fee", needs=["base", "fee"]),
    ))  # fmt: skip
    found = model.decide("total", {"price": 20})
    assert found.value == Decimal(88)
    assert [each.decision for each in found.rulings] == ["base", "fee", "total"]
    assert found.rulings[0].inputs == {"price": Decimal(20)}
    assert found.rulings[1].as_json() == {
        "decision": "fee", "inputs": {"base": "80"}, "outputs": {"fee": "8"}, "rules": [1], "is_default": False,
    }  # fmt: skip
    assert model.paths("total") == {("price",)}


HEAD = b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/">'


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"no xml", "not XML"),
        (b"<html/>", "holds no decisions"),
        (HEAD + b"</definitions>", "at least one decision"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>' + HEAD + b"</definitions>", "document type"),
        (file(formula("a", "b", ["b"]), formula("b", "a", ["a"])), "need one another in a circle: a, b"),
        (file(function("f", ["n"], "f(n)", ["f"]), formula("a", "1")), "need one another in a circle: f"),
        (file(function("f", ["n"], "g(n)"), function("g", ["n"], "n"), formula("a", "1")), "no function “g”"),
        (file(formula("a", "b", ["b"])), "needs the decision “b”"),
        (file(formula("a", "1 +")), "“a”, “1 +”: Something is missing"),
        (file(table({"n": NUMBER}, {"x": NUMBER}, [("> ", "1")])), "“rules, rule 1”, “>”"),
        (file(table({"n": NUMBER}, {"x": NUMBER}, [("1",)])), "not as many cells"),
        (file(table({"n": NUMBER}, {"x": NUMBER}, [("1", "1")], policy="SOMETIMES")), "no hit policy"),
        (file(table({"n": NUMBER}, {"x": NUMBER}, [("1", "1")], aggregation="SUM")), "only one collected output"),
        (file('<decision id="a" name="Odd"><context/></decision>'), "“Odd” is neither"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(source, said):
    with pytest.raises(DecisionInvalid, match=said.replace("(", r"\(").replace("+", r"\+")):
        read(source)


def test_nothing_runs_for_ever():
    functions = [function("f0", ["n"], "n + 1")]
    functions += [function(f"f{k}", ["n"], f"f{k - 1}(n) + f{k - 1}(n)", [f"f{k - 1}"]) for k in range(1, 40)]
    with pytest.raises(DecisionFailed, match="call functions too often"):
        read(file(*functions, formula("a", "f39(1)", functions=["f39"]))).decide("a", {})
    steps = [formula("l0", "[1, 1]")]
    steps += [formula(f"l{k}", f"[l{k - 1}, l{k - 1}]", [f"l{k - 1}"]) for k in range(1, 40)]
    with pytest.raises(DecisionFailed, match="more than 10000 values"):
        read(file(*steps)).decide("l39", {})
