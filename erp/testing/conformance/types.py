"""Checks of a document type: names, texts, and who may see it."""

from __future__ import annotations

import keyword
from collections.abc import Iterator

from babel.support import LazyProxy

from erp import prepare
from erp.documents.base import Document, Line, Record
from erp.documents.fields import Field
from erp.documents.types import declared
from erp.testing.conformance.subjects import Subject, icons, tell

PAGES = frozenset(
    {
        "api", "audit", "batch", "begin", "company", "counts", "export", "fields", "health", "hooks", "import", "inbox",
        "incident", "incidents", "jobs", "link", "login", "logout", "mailbox", "messages", "new", "search", "security",
        "services", "sessions", "settings", "static", "task",
    }
)  # fmt: skip
"""First words of addresses that pages of the platform have."""


def test_a_type_has_a_title_a_plural_and_a_text(subject: Subject) -> None:
    """Its docstring reads “Repair order. Repair orders.” and then says what it is."""
    cls = subject.type.cls
    first, _gap, rest = (cls.__doc__ or "").strip().partition("\n\n")
    sentences = [part for part in first.strip().split(".") if part.strip()]
    assert len(sentences) == 2, f'The docstring of {cls.__name__} begins with title and plural: "Loan. Loans."'
    assert rest.strip(), f"After an empty line the docstring of {cls.__name__} says what it is."


def test_no_name_hides_another(subject: Subject) -> None:
    """Neither the type nor its fields have names the platform uses."""
    kind = subject.type
    problems = [f"/{kind.name} is a page of the platform."] if kind.name in PAGES else []
    bases: list[tuple[type, type, tuple[Field, ...]]] = [
        (kind.cls, Document if kind.is_document else Record, kind.fields)
    ]
    bases += [(table.cls, Line, table.fields) for table in kind.tables]
    for cls, base, fields in bases:
        for entry in fields:
            if "." in entry.name:
                continue
            if hasattr(base, entry.name) or entry.name in {"id", "tenant_id", "document"}:
                problems.append(f"{cls.__name__}.{entry.name} hides a name every {base.__name__} has.")
            if keyword.iskeyword(entry.name) or "__" in entry.name:
                problems.append(f"{cls.__name__}.{entry.name} cannot be used as a name.")
    tell(problems)


def test_labels_can_be_translated(subject: Subject) -> None:
    """Every field has a label, and label and help are lazy texts."""
    kind = subject.type
    problems = []
    for entry in (*kind.fields, *(each for table in kind.tables for each in table.fields)):
        if not isinstance(entry.label, LazyProxy):
            problems.append(f"{kind.name}.{entry.name} has no label in _l().")
        if entry.help and not isinstance(entry.help, LazyProxy):
            problems.append(f"The help of {kind.name}.{entry.name} is outside _l().")
    tell(problems)


def test_what_a_type_points_to_is_there(subject: Subject) -> None:
    """Its title, amount, prefix and icon are what lists and numbers need."""
    kind, cls = subject.type, subject.type.cls
    named = filter(None, (cls.title_field, cls.subtitle_field, getattr(cls, "amount_field", "")))
    problems = [f"{cls.__name__} is named by “{n}”, which it does not have." for n in named if not hasattr(cls, n)]
    if kind.is_document and not prefix_of(cls):
        problems.append(f"{cls.__name__} needs a prefix for its numbers.")
    if any(prefix_of(other) == prefix_of(cls) != "" for other in _others(subject)):
        problems.append(f"Another type has the prefix {prefix_of(cls)} too, so both count the same numbers.")
    if cls.icon not in icons():
        problems.append(f"{cls.__name__} has the icon “{cls.icon}”, which erp/frontend/icons.txt does not list.")
    if not any(entry.listed for entry in kind.fields):
        problems.append(f"No field of {cls.__name__} is listed, so its list tells nothing.")
    tell(problems)


def prefix_of(cls: type[Record]) -> str:
    """What its numbers begin with; nothing for master data."""
    return str(getattr(cls, "prefix", ""))


def _others(subject: Subject) -> Iterator[type[Record]]:
    return (kind.cls for name, kind in declared().items() if name != subject.name)


def test_somebody_may_see_a_type(subject: Subject) -> None:
    """A role may list it; otherwise nobody finds it."""
    rights = set().union(*prepare.rights_of_roles().values())
    assert ("list", subject.name) in rights, f"No role may list {subject.name}."
    assert ("show", subject.name) in rights, f"No role may show {subject.name}."
