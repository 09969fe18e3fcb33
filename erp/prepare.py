"""Make a process ready to work: plugins loaded, their marks collected, sessions bound; for web, worker and commands."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers

from erp import access, api_keys, config, i18n, importing, mailbox, operations, plugins
from erp.config import ROOT, Settings
from erp.data import base, files
from erp.documents import types
from erp.errors import SetupError
from erp.jobs import worker
from erp.plugins import Loaded, rights_in
from erp.reports import exports, prints
from erp.workflow import actions, definitions, views

TABLES = (api_keys, mailbox)
"""Rooms whose tables no other import here brings along."""
_loaded: dict[str, Loaded] = {}


def loaded() -> Mapping[str, Loaded]:
    """The plugins of this process, in the order of their dependencies."""
    return _loaded


def rights_of_roles() -> dict[str, set[tuple[str, str]]]:
    """Every role with what it may: {role: (verb, type) pairs}; the owner may all but what the installation is about."""
    found = {role: rights_in(text) for role, text in access.STARTING_ROLES.items()}
    for plugin in _loaded.values():
        for role, pairs in plugin.rights().items():
            found.setdefault(role, set()).update(pairs)
    found[access.OWNER] = set().union(*found.values()) - found[access.PLATFORM_ADMIN]
    return found


def load_plugins(settings: Settings) -> Mapping[str, Loaded]:
    """Load every plugin and collect what its fixed files mark; needs no database."""
    _loaded.clear()
    _loaded.update(plugins.load())
    _configure()
    types.collect({plugin.package: name for name, plugin in _loaded.items()})
    actions.forget()
    for name, plugin in _loaded.items():
        if "actions" in plugin.modules:
            actions.collect(name, plugin.modules["actions"])
        if "jobs" in plugin.modules:
            worker.registry.collect(plugin.modules["jobs"])
    definitions.init_folders(_folders("workflows", settings), _folders("forms", settings))
    own = {name: plugin.folder / "reports" for name, plugin in _loaded.items()}
    prints.init_folders([*(site / "reports" for site in settings.sites), ROOT / "reports"], own)
    i18n.init_folders([ROOT / "translations", *(plugin.folder / "translations" for plugin in _loaded.values())])
    return _loaded


def _configure() -> None:
    """Bind links and lines to their types; raises SetupError naming the one that points nowhere."""
    tables = base.Base.metadata.tables
    for table in tables.values():
        for column in table.columns:
            target = getattr(column.info.get("field"), "target", "")
            if target and target not in tables:
                raise SetupError(f"{table.name}.{column.name} points to {target}, which no plugin declares.")
    try:
        configure_mappers()
    except SQLAlchemyError as error:
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        raise SetupError(f"The declared types do not fit together: {reason}.") from error


def _folders(kind: str, settings: Settings) -> dict[str, list[Path]]:
    return {name: plugins.search_folders(kind, name, settings.sites, plugin.folder) for name, plugin in _loaded.items()}


def prepare(settings: Settings) -> Mapping[str, Loaded]:
    """Everything a process needs before its first request, job or command."""
    if settings.database_url is None:
        raise SetupError("DATABASE_URL is not set. `make run` starts with a database of its own.")
    config.use(settings)
    found = load_plugins(settings)
    base.connect(settings.database_url)
    files.init(settings)
    worker.init(settings)
    operations.init()
    importing.init()
    exports.init()
    views.init()
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
