"""Small decision files, written as the tests need them."""

from __future__ import annotations

from xml.sax.saxutils import escape

SPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def file(*parts):
    return f'<definitions xmlns="{SPACE}" id="d" name="rules" namespace="x">{"".join(parts)}</definitions>'.encode()


def cell(tag, text):
    return f"<{tag}><text>{escape(text)}</text></{tag}>"


def table(inputs, outputs, rules, *, name="rules", policy="UNIQUE", aggregation="", needs=(), defaults=()):
    """`inputs` and `outputs`: {name: (type, allowed values)}; rules: rows of cells."""
    head = "".join(
        f'<input label="{label}"><inputExpression typeRef="{kind}"><text>{label}</text></inputExpression>'
        f"{cell('inputValues', allowed) if allowed else ''}</input>"
        for label, (kind, allowed) in inputs.items()
    )
    for place, (label, (kind, allowed)) in enumerate(outputs.items()):
        more = cell("outputValues", allowed) if allowed else ""
        more += cell("defaultOutputEntry", defaults[place]) if defaults else ""
        head += f'<output name="{label}" typeRef="{kind}">{more}</output>'
    rows = ""
    for row in rules:
        cells = [cell("inputEntry", text) for text in row[: len(inputs)]]
        rows += f"<rule>{''.join(cells)}{''.join(cell('outputEntry', text) for text in row[len(inputs) :])}</rule>"
    asks = f' aggregation="{aggregation}"' if aggregation else ""
    return decision(name, f'<decisionTable hitPolicy="{policy}"{asks}>{head}{rows}</decisionTable>', needs)


def formula(name, text, needs=(), functions=()):
    return decision(name, cell("literalExpression", text), needs, functions)


def data(name, kind):
    return f'<inputData id="{name}" name="{name}"><variable name="{name}" typeRef="{kind}"/></inputData>'


def decision(name, logic, needs=(), functions=()):
    links = "".join(
        f'<informationRequirement><requiredDecision href="#{each}"/></informationRequirement>' for each in needs
    )
    links += "".join(
        f'<knowledgeRequirement><requiredKnowledge href="#{each}"/></knowledgeRequirement>' for each in functions
    )
    return f'<decision id="{name}" name="{name}">{links}{logic}</decision>'


def function(name, parameters, text, functions=()):
    given = "".join(f'<formalParameter name="{each}"/>' for each in parameters)
    links = "".join(
        f'<knowledgeRequirement><requiredKnowledge href="#{each}"/></knowledgeRequirement>' for each in functions
    )
    body = f"<encapsulatedLogic>{given}{cell('literalExpression', text)}</encapsulatedLogic>"
    return f'<businessKnowledgeModel id="{name}" name="{name}">{body}{links}</businessKnowledgeModel>'


ANY = ("", "")
