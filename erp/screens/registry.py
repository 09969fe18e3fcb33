"""Puts every page into the application: each type's own view, or one generated for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, TypeVar

from flask_appbuilder import BaseView

from erp.documents.types import declared
from erp.screens import beside
from erp.screens.absences import Absences
from erp.screens.audit_pages import Audit
from erp.screens.batch_pages import Batches
from erp.screens.beside import Beside
from erp.screens.company import CompanyPages
from erp.screens.customers import CustomerPage
from erp.screens.documents import DocumentView, generated
from erp.screens.exchange_pages import MessageConsole
from erp.screens.first_colleagues import FirstColleagues
from erp.screens.form_preview import FormPreview
from erp.screens.inbox import Inbox, Task
from erp.screens.incident_pages import IncidentConsole, Incidents
from erp.screens.jobs import Jobs
from erp.screens.may import May
from erp.screens.notices import Notices
from erp.screens.own_fields import OwnFields
from erp.screens.own_pages import OwnPage
from erp.screens.people import PeoplePages
from erp.screens.profile import Profile
from erp.screens.report_pages import Reports
from erp.screens.roles import RolePages
from erp.screens.search import Counts, Search
from erp.screens.services import Services
from erp.screens.translations import Translations
from erp.web import shell

V = TypeVar("V", bound=BaseView | Beside)


def _declared_in(modules: Mapping[str, ModuleType], base: type[V]) -> Iterator[type[V]]:
    """The classes of a kind that plugins declare in their `views.py`."""
    for module in modules.values():
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, base) and item.__module__ == module.__name__:
                yield item


def register(builder: Any, modules: Mapping[str, ModuleType]) -> None:
    """Add inbox, tasks, search and the pages of every type; `modules` are the plugins' `views.py`."""
    platform = (
        Inbox, Task, Incidents, IncidentConsole, MessageConsole, Search, Counts, Batches, Jobs, CompanyPages, Notices,
        PeoplePages, FirstColleagues, May, Profile, Absences, RolePages, Services, OwnFields, Translations, Audit,
        FormPreview, Reports,
    )  # fmt: skip
    for view in (*platform, *_declared_in(modules, CustomerPage), *_declared_in(modules, OwnPage)):
        builder.add_view_no_menu(view)
    for page in _declared_in(modules, OwnPage):
        if page.entry is not None:
            shell.offer(builder.app, page.entry)
    beside.collect(_declared_in(modules, Beside))
    own = {view.type_name: view for view in _declared_in(modules, DocumentView)}
    for name in declared():
        view = own.get(name) or generated(name)
        view.route_base = f"/{name}"
        view.class_permission_name = name
        builder.add_view_no_menu(view)
