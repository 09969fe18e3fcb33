"""Which plugins take part in this installation: list them, switch one off or on, remove one with its tables."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa

from erp import plugins, prepare
from erp.config import Settings
from erp.data import schema
from erp.data.base import OWNER, Base
from erp.errors import SetupError
from erp.plugins import DISABLED, REMOVED

KEPT = frozenset({"audit_entry", "workflow_event"})
"""What happened stays written down, whatever is removed."""


def listed() -> str:
    """One line for each plugin: its title, or why it takes no part."""
    lines = [f"{name:14} {plugin.title}" for name, plugin in prepare.loaded().items()]
    lines += [f"{name:14} takes no part. {plugin.reason}" for name, plugin in sorted(prepare.absent().items())]
    return "\n".join(lines)


def disable(settings: Settings, name: str) -> str:
    """Keep a plugin from taking part from the next start on; its tables stay. Raises SetupError while one needs it."""
    _known(name)
    if standing := [other for other in prepare.loaded() if name in prepare.loaded()[other].cls.depends]:
        raise SetupError(f"{', '.join(standing)} cannot do without {name}: switch that off first.")
    plugins.switch(settings, name, DISABLED)
    return f"{name} is switched off from the next start on: its pages, roles, actions and jobs. Its tables stay."


def enable(settings: Settings, name: str) -> str:
    """Let a plugin take part again from the next start on."""
    _known(name)
    plugins.switch(settings, name, "")
    return f"{name} takes part again from the next start on."


def remove(settings: Settings, name: str, ask: Callable[[str], str]) -> str:
    """Drop a plugin's tables and what refers to their rows, once `ask` has answered with its name.

    Raises SetupError while another plugin that is there depends on it, and when the answer is another.
    """
    folder = _known(name)
    if standing := sorted(set(_standing_on(name))):
        raise SetupError(f"{', '.join(standing)} cannot do without {name}: remove that first. Nothing was dropped.")
    if ask(f"All data of {name} will be gone for good. Write its name to go on: ").strip() != name:
        raise SetupError("That was not its name. Nothing was dropped.")
    assert settings.database_url is not None
    before = _tables(settings.database_url)
    folders = [each / "migrations" for each in prepare.plugin_folders()]
    schema.drop_branch(settings.database_url, folders, name)
    gone = before - _tables(settings.database_url)
    _forget(settings.database_url, gone)
    plugins.switch(settings, name, REMOVED)
    return f"{name} is removed; {len(gone)} tables are gone. Its folder {folder} may be deleted now."


def _known(name: str) -> Path:
    found = prepare.loaded().get(name) or prepare.absent().get(name)
    if found is None:
        there = ", ".join(sorted({*prepare.loaded(), *prepare.absent()}))
        raise SetupError(f"There is no plugin {name}. These there are: {there}.")
    return found.folder


def _standing_on(name: str) -> Iterator[str]:
    """Those that depend on it, of the ones that take no part as their source says."""
    for other, plugin in prepare.loaded().items():
        if name in plugin.cls.depends:
            yield other
    for other, absent in prepare.absent().items():
        if absent.reason != REMOVED and name in _declared_depends(absent.folder / "__init__.py"):
            yield other


def _declared_depends(source: Path) -> tuple[str, ...]:
    """`depends` as written, without running a file that may be broken."""
    try:
        tree = ast.parse(source.read_text())
    except (OSError, SyntaxError):
        return ()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "depends":
            return tuple(ast.literal_eval(node.value))
    return ()


def _tables(url: str) -> set[str]:
    engine = schema.owner_engine(url)
    try:
        return set(sa.inspect(engine).get_table_names())
    finally:
        engine.dispose()


def _forget(url: str, gone: set[str]) -> None:
    """Take out what refers to rows of dropped tables: processes, tasks, jobs, files, links; never what happened."""
    engine = schema.owner_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"set local role {OWNER}"))
        for table in reversed(Base.metadata.sorted_tables):
            for column in ("document_type", "subject"):
                if column in table.c and table.name not in KEPT | gone:
                    connection.execute(sa.delete(table).where(table.c[column].in_(sorted(gone))))
    engine.dispose()
