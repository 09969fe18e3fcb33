"""Make a process ready to work: plugins loaded, their marks collected, sessions bound; for web, worker and commands."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers

from erp import (
    access,
    api_keys,
    batches,
    comments,
    config,
    faults,
    i18n,
    idempotency,
    importing,
    kept,
    mailbox,
    notifications,
    operations,
    people,
    plugins,
    provision,
    sweeping,
    webhooks,
    wording,
)
from erp.auditing import files as audit_files
from erp.auditing import keeping
from erp.config import ROOT, Settings
from erp.data import base, files, vault
from erp.documents import narrowing, types
from erp.errors import PluginUnfit, SetupError
from erp.hooks import marked
from erp.jobs import console, schedules, worker
from erp.jobs.marks import EVERY
from erp.operations import doorway
from erp.people import roles as own_roles
from erp.plugins import REMOVED, Absent, Loaded, Shelf, rights_in
from erp.reports import exports, library, making, packs, papers, prints
from erp.reports import schedules as report_schedules
from erp.workflow import actions, definitions, views
from erp.workflow.messaging import messages
from erp.workflow.people import approval_links, lateness

TABLES = (api_keys, idempotency, mailbox, sweeping, vault, wording)
"""Rooms whose tables no other import here brings along."""
PERIODIC: tuple[ModuleType, ...] = (
    console, idempotency, keeping, lateness, messages, operations.messages, report_schedules, sweeping,
)  # fmt: skip
"""Rooms of the platform with functions marked `@every`."""
_shelf = Shelf()
log = logging.getLogger(__name__)


def loaded() -> Mapping[str, Loaded]:
    """The plugins of this process, in the order of their dependencies."""
    return _shelf.loaded


def periodic() -> schedules.Periodic:
    """{name: (function, period)} of what is marked `@every` in the platform's rooms and in plugins' `jobs.py`."""
    modules = [*PERIODIC, *(plugin.modules["jobs"] for plugin in loaded().values() if "jobs" in plugin.modules)]
    found: dict[str, tuple[Callable[[], None], timedelta]] = {}
    for module in modules:
        for name, function, period in marked(module, EVERY):
            assert callable(function)
            assert isinstance(period, timedelta)
            found[f"{module.__name__}.{name}"] = (function, period)
    return found


def absent() -> Mapping[str, Absent]:
    """The plugins that are there but take no part, each with its reason."""
    return _shelf.absent


def plugin_folders() -> list[Path]:
    """Folders of all plugins whose tables are kept: of those that take no part too, but not of removed ones."""
    kept = [plugin.folder for plugin in absent().values() if plugin.reason != REMOVED]
    return [*(plugin.folder for plugin in loaded().values()), *kept]


def rights_of_roles() -> dict[str, set[tuple[str, str]]]:
    """Every role with what it may: {role: (verb, type) pairs}; the owner may all but what the installation is about."""
    found = {role: rights_in(text) for role, text in access.STARTING_ROLES.items()}
    for plugin in loaded().values():
        for role, pairs in plugin.rights().items():
            found.setdefault(role, set()).update(pairs)
    for role, pairs in library.rights().items():
        found.setdefault(role, set()).update(pairs)
    owned = {name for plugin in loaded().values() for pairs in plugin.rights().values() for _verb, name in pairs}
    operating = {(verb, name) for verb in plugins.OPERATING for name in owned}
    found[access.OWNER] = operating.union(*found.values()) - found[access.PLATFORM_ADMIN]
    return found


@kept.for_good()
def load_plugins(settings: Settings) -> Mapping[str, Loaded]:
    """Load every plugin and collect what its fixed files mark; needs no database.

    A plugin in no state to take part is reported and left out; raises PluginUnfit when only a new process can do so.
    """
    global _shelf
    _shelf = plugins.load(settings)
    _configure()
    _collect_actions()
    for plugin in loaded().values():
        if "jobs" in plugin.modules:
            worker.registry.collect(plugin.modules["jobs"])
    webhooks.forget()
    webhooks.collect(doorway)
    for plugin in loaded().values():
        if "webhooks" in plugin.modules:
            webhooks.collect(plugin.modules["webhooks"])
    types.collect({plugin.package: name for name, plugin in loaded().items()})
    provision.begin_with({
        table: rows for plugin in loaded().values() for table, rows in plugin.cls.begins.items()
    })  # fmt: skip
    definitions.init_folders(_folders("workflows", settings), _folders("forms", settings))
    own = {name: plugin.folder / "reports" for name, plugin in loaded().items()}
    prints.init_folders([*(site / "reports" for site in settings.sites), ROOT / "reports"], own)
    library.init_folders(_folders("reports", settings))
    own_roles.offer_too(library.offered)
    access.declare_roles(rights_of_roles())
    i18n.init_folders([ROOT / "translations", *(plugin.folder / "translations" for plugin in loaded().values())])
    for left in absent().values():
        if not left.is_off:
            log.error("The plugin %s takes no part. %s", left.name, left.reason)
    return loaded()


def _collect_actions() -> None:
    """The actions of all plugins; one whose actions are wrong is left out, and the others are taken anew."""
    while True:
        actions.forget()
        for plugin in _shelf.shipped_first():
            try:
                if "actions" in plugin.modules:
                    actions.collect(plugin.name, plugin.modules["actions"])
            except SetupError as error:
                plugins.drop(_shelf, plugin.name, error.message)
                break
        else:
            return


def _configure() -> None:
    """Bind links and lines to their types; raises PluginUnfit naming the one that points nowhere."""
    tables = base.Base.metadata.tables
    for cls in base.mapped_classes():
        for column in cls.__table__.columns:
            target = getattr(column.info.get("field"), "target", "")
            if target and target not in tables:
                reason = f"{cls.__tablename__}.{column.name} points to {target}, which no plugin declares."
                raise PluginUnfit(_plugin_of(cls), reason)
    try:
        configure_mappers()
    except SQLAlchemyError as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise PluginUnfit(_named_in(reason), f"The declared types do not fit together: {reason}.") from error


def _plugin_of(cls: type) -> str:
    known = {plugin.package: name for name, plugin in loaded().items()}
    known |= {plugin.package: name for name, plugin in absent().items()}
    package = next((package for package in known if f"{cls.__module__}.".startswith(f"{package}.")), "")
    return known.get(package, "")


def _named_in(reason: str) -> str:
    """The plugin of the class whose mapper could not be made."""
    found = re.search(r"Mapper\[(\w+)\(", reason)
    classes = {cls.__name__: cls for cls in base.mapped_classes()}
    return _plugin_of(classes[found[1]]) if found and found[1] in classes else ""


SHARED = "shared"
"""Folder of the shipped processes that belong to no plugin."""


def _folders(kind: str, settings: Settings) -> dict[str, list[Path]]:
    own = {name: plugins.search_folders(kind, name, settings.sites, plugin.folder) for name, plugin in loaded().items()}
    # what every plugin's diagrams may call, such as an approval
    return {**own, SHARED: [*(site / kind / SHARED for site in settings.sites), ROOT / kind / SHARED]}


def prepare(settings: Settings) -> Mapping[str, Loaded]:
    """Everything a process needs before its first request, job or command."""
    if settings.database_url is None:
        raise SetupError("DATABASE_URL is not set. `make run` starts with a database of its own.")
    config.use(settings)
    faults.init(settings)
    found = load_plugins(settings)
    base.connect(settings.database_url)
    files.init(settings)
    vault.init(settings)
    narrowing.init()
    worker.init(settings)
    operations.init()
    notifications.init()
    comments.init()
    importing.init()
    batches.init()
    webhooks.init()
    people.init()
    exports.init()
    papers.init()
    packs.init()
    making.init()
    report_schedules.init()
    audit_files.init()
    views.init()
    approval_links.init()
    wording.init()
    return found


def with_secret(settings: Settings) -> Settings:
    """The settings with a secret key: the given one, else the one made once in `var/secret`."""
    if settings.secret_key:
        return settings
    path = settings.var / "secret"
    if not path.exists():
        settings.var.mkdir(mode=0o711, parents=True, exist_ok=True)
        made = path.with_suffix(".new")
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(48))
        made.replace(path)
    return replace(settings, secret_key=path.read_text().strip())
