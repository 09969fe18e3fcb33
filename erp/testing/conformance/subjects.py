"""What the checks run over: plugins, types, diagrams, forms and prints, found as the platform finds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from erp import decisions, forms, prepare
from erp.config import ROOT, Settings
from erp.decisions import Model
from erp.documents import types
from erp.documents.types import DocumentType
from erp.forms import Form
from erp.modelling import catalogue
from erp.plugins import Loaded, search_folders
from erp.workflow.diagrams.diagram import Diagram, parse

Wanted = tuple[str, ...] | None


@dataclass(frozen=True)
class Shipped:
    """A file a plugin ships."""

    plugin: str
    path: Path

    def __str__(self) -> str:
        return f"{self.plugin}/{self.path.stem}"

    @cached_property
    def diagram(self) -> Diagram:
        """What the file draws; raises DiagramInvalid."""
        return parse(self.path.read_bytes())

    @cached_property
    def decisions(self) -> Model:
        """The decisions the file holds; raises DecisionInvalid."""
        return decisions.read(self.path.read_bytes())

    @cached_property
    def form(self) -> Form:
        """What the file asks."""
        return forms.load(self.path.read_bytes(), self.path.stem)


class Subject:
    """A type under test, named as people read it in the test's id."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name

    @property
    def type(self) -> DocumentType:
        """Its description, collected anew whenever the plugins are loaded."""
        return types.declared()[self.name]


@cache
def loaded() -> Mapping[str, Loaded]:
    """The plugins, loaded once without a database; raises SetupError saying which cannot be."""
    return dict(prepare.load_plugins(Settings()))


def every_plugin(wanted: Wanted) -> list[str]:
    """Names of the plugins under test."""
    return [name for name in loaded() if wanted is None or name in wanted]


def every_type(wanted: Wanted) -> list[Subject]:
    """The types the plugins under test declare."""
    loaded()
    return [Subject(name) for name, kind in types.declared().items() if wanted is None or kind.plugin in wanted]


def _files(kind: str, pattern: str) -> Callable[[Wanted], list[Shipped]]:
    def collect(wanted: Wanted) -> list[Shipped]:
        found: dict[tuple[str, str], Shipped] = {}
        for name in every_plugin(wanted):
            for folder in search_folders(kind, name, (), loaded()[name].folder):
                for path in sorted(folder.glob(pattern)):
                    found.setdefault((name, path.name), Shipped(name, path))
        return list(found.values())

    return collect


every_diagram = _files("workflows", "*.bpmn")
every_decision = _files("workflows", "*.dmn")
every_form = _files("forms", "*.form")
every_print = _files("reports", "*.html")
every_report = _files("reports", "*.toml")

KINDS: Mapping[str, Callable[[Wanted], Sequence[Any]]] = {
    "plugin": every_plugin,
    "subject": every_type,
    "drawing": every_diagram,
    "drawn_form": every_form,
    "rules": every_decision,
    "template": every_print,
    "told": every_report,
}
"""{argument of a check: what it runs over}"""


@cache
def icons() -> frozenset[str]:
    """Names of the icons that are drawn on pages."""
    return frozenset((ROOT / "erp" / "frontend" / "icons.txt").read_text().split())


def roles() -> frozenset[str]:
    """Every role there is from the start or by a plugin."""
    return frozenset(prepare.rights_of_roles())


def known_to(diagram: Diagram) -> catalogue.Known:
    """What the diagram may name; a process that only others call knows no document."""
    return catalogue.shipped(diagram.id, roles())


def tell(problems: Sequence[str]) -> None:
    """Fail with these sentences, if there are any."""
    assert not problems, "\n".join(["", *problems])
