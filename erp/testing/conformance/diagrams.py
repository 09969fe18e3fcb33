"""Checks of diagrams and of the forms they ask."""

from __future__ import annotations

from erp.documents import types
from erp.documents.fields import Kind
from erp.i18n import _l
from erp.testing.conformance.subjects import Shipped, every_diagram, every_form, icons, known_to, tell
from erp.workflow import actions
from erp.workflow.linting.linter import lint


def test_a_diagram_is_named_after_its_document(drawing: Shipped) -> None:
    """Process id, file name and document type are one word; a process others call needs no document."""
    diagram = drawing.diagram
    assert diagram.id == drawing.path.stem, f"{drawing.path.name} holds the process {diagram.id}; name both alike."
    assert diagram.processes == (diagram.id,), f"{drawing.path.name} holds more than one process."
    called = any(diagram.id in other.diagram.called() for other in every_diagram(None))
    assert called or diagram.id in types.declared(), f"No plugin declares the document {diagram.id}."


def test_the_linter_finds_nothing(drawing: Shipped) -> None:
    """It is drawn, every path ends, states are clear, and all it names is there: roles, forms, actions, fields."""
    problems = lint(drawing.diagram, known_to(drawing.diagram))
    tell([f"{drawing.path.name} {problem.element_id}: {problem.message}" for problem in problems])


def test_actions_fit_the_document(drawing: Shipped) -> None:
    """An action made for one document type is not called for another, nor by a process several types call."""
    problems = []
    callers = {each.diagram.id for each in every_diagram(None) if drawing.diagram.id in each.diagram.called()}
    fitting = {"", drawing.diagram.id, *(callers if len(callers) == 1 else ())}
    for element in drawing.diagram.elements.values():
        entry = actions.catalogue().get(element.action)
        if entry is not None and entry.document_type not in fitting:
            problems.append(f"{element.id} calls {entry.name}, which works on {entry.document_type}.")
    tell(problems)


def test_icons_of_tasks_are_drawn(drawing: Shipped) -> None:
    """The inbox can show every task's icon."""
    named = {element.id: element.icon for element in drawing.diagram.elements.values() if element.icon}
    missing = {id_: icon for id_, icon in named.items() if icon not in icons()}
    tell([f"{id_} has the icon “{icon}”, which icons.txt does not list." for id_, icon in missing.items()])


def test_decisions_are_read_and_asked(rules: Shipped) -> None:
    """A decision file holds a decision of its own name, every cell can be read, and a diagram asks it."""
    assert rules.decisions.find(rules.path.stem), f"{rules.path.name} holds no decision of that name."
    asked = {element.decision for drawing in every_diagram(None) for element in drawing.diagram.elements.values()}
    assert rules.path.stem in asked, f"No diagram asks {rules.path.name}."


def test_forms_fit_their_tasks(drawing: Shipped) -> None:
    """A form fills only fields its task may edit; everything else it asks is an answer of its own."""
    forms = {form.path.stem: form.form for form in every_form(None)}
    kind = types.declared().get(drawing.diagram.id)
    problems = []
    for element in drawing.diagram.elements.values():
        form = forms.get(element.form)
        if form is None:
            continue
        form = form.of_document(kind.editable if kind is not None else ())
        problems += [f"{element.form} {problem.element}: {problem.message}" for problem in form.problems]
        for entry in form.fields:
            if entry.binds and not entry.readonly and entry.binds not in element.edits:
                problems.append(f"{element.form} fills {entry.binds}, which {element.id} may not edit.")
        asked = {entry.binds for entry in form.fields if entry.binds} | {
            entry.name for entry in form.fields if entry.kind is Kind.FILES
        }
        for name in element.edits:
            if name not in asked:
                problems.append(f"{element.id} may edit {name}, which {element.form} does not ask.")
    tell(problems)


def test_a_form_is_asked_for(drawn_form: Shipped) -> None:
    """Its id is its file name, it can be read, and a task asks it."""
    form = drawn_form.form
    problems = [f"{drawn_form.path.name} {problem.element}: {problem.message}" for problem in form.problems]
    tell(problems)
    asked = {element.form for shown in every_diagram(None) for element in shown.diagram.elements.values()}
    assert drawn_form.path.stem in asked, f"No task asks the form {drawn_form.path.stem}."
    assert all(_l(text) for text in form.texts), f"{drawn_form.path.name} has an empty text."
