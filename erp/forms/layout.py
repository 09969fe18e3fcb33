"""The layout of a drawn form: groups, texts and fields in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from erp.forms.conditions import Condition
from erp.forms.fields import FormField
from erp.forms.texts import clean_html, markdown
from erp.i18n import gettext


@dataclass(frozen=True)
class Text:
    """A text or a rule between fields; `source` is in the analyst's language. kind: text | html | separator."""

    kind: str
    source: str = ""
    hides: tuple[Condition, ...] = ()
    part: str = ""
    """Id of the component it was drawn as."""

    def html(self) -> str:
        """The text in the reader's language, safe to print."""
        if not self.source:
            return ""
        text = gettext(self.source)
        return clean_html(text) if self.kind == "html" else markdown(text)


@dataclass(frozen=True)
class Group:
    """Items under one heading."""

    source: str
    items: tuple[Item, ...] = ()
    hides: tuple[Condition, ...] = ()
    part: str = ""

    @property
    def label(self) -> str:
        """The heading in the reader's language."""
        return gettext(self.source) if self.source else ""


Item: TypeAlias = FormField | Group | Text
