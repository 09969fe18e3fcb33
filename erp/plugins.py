"""Plugins: a folder with the fixed files; the files are the registration, nothing is listed twice."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import ClassVar

from erp.config import ROOT
from erp.errors import SetupError

log = logging.getLogger(__name__)
EVERY_VERB = ("list", "show", "add", "edit", "export", "import")
FILES = ("models", "api", "hooks", "actions", "views", "jobs", "checks", "demo", "provider", "webhooks")
FOLDERS = (
    "migrations", "templates", "static", "frontend", "simulator", "workflows", "forms", "reports", "translations",
)  # fmt: skip


class Plugin:
    """Base of a plugin's declaration; the docstring's first sentence is its title, the rest its text."""

    depends: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[Mapping[str, str]] = {}
    """{role: rights}; rights are `type:verb verb, type:*`."""
    settings: ClassVar[Mapping[str, object]] = {}
    order: ClassVar[int] = 100
    """Place of its group in the menu."""


@dataclass
class Loaded:
    """A plugin as found: its class, its folder and the modules of its fixed files."""

    name: str
    package: str
    cls: type[Plugin]
    folder: Path
    modules: dict[str, ModuleType] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The first sentence of the docstring."""
        return title_in(self.cls.__doc__ or "", self.name)

    def rights(self) -> Mapping[str, set[tuple[str, str]]]:
        """{role: {(verb, type)}} of the declared roles; `*` stands for every verb."""
        found: dict[str, set[tuple[str, str]]] = {}
        for role, text in self.cls.roles.items():
            found.setdefault(role, set()).update(rights_in(text))
        return found


def rights_in(text: str) -> set[tuple[str, str]]:
    """(verb, type) pairs of `type:verb verb, type:*`; `*` stands for every verb."""
    pairs: set[tuple[str, str]] = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        kind, _colon, verbs = part.partition(":")
        wanted = (*EVERY_VERB, "skip") if verbs.strip() == "*" else verbs.split()
        pairs.update((verb, kind.strip()) for verb in wanted)
    return pairs


def title_in(documentation: str, name: str) -> str:
    """The first sentence of a declaration's docstring, its name while it has none."""
    return (documentation or name).strip().partition(".")[0]


def _candidates() -> Iterator[tuple[str, str]]:
    """(name, package) of the folders in `plugins/` and of installed plugins."""
    for folder in sorted((ROOT / "plugins").iterdir() if (ROOT / "plugins").is_dir() else ()):
        if (folder / "__init__.py").is_file():
            yield folder.name, f"plugins.{folder.name}"
    for entry in metadata.entry_points(group="millrace.plugins"):
        yield entry.name, entry.value


def load() -> dict[str, Loaded]:
    """Every plugin there is, in the order of their dependencies; raises SetupError naming the one that cannot be."""
    found: dict[str, Loaded] = {}
    for name, package in _candidates():
        if name in found:
            raise SetupError(f"Two plugins are called {name}: {found[name].package} and {package}.")
        module = _imported(name, package)
        cls = next((item for item in vars(module).values() if _declares(item, package)), None)
        if cls is None:
            raise SetupError(f"The plugin {name} has no class derived from Plugin in its __init__.py.")
        found[name] = Loaded(name, package, cls, Path(str(module.__file__)).parent)
    ordered = {name: found[name] for name in _ordered(found)}
    for plugin in ordered.values():
        for file in FILES:
            if find_spec(f"{plugin.package}.{file}") is not None:
                plugin.modules[file] = _imported(plugin.name, f"{plugin.package}.{file}")
    return ordered


def _imported(name: str, module: str) -> ModuleType:
    """A file of a plugin, whose code may fail in any way; raises SetupError with the reason in a sentence."""
    try:
        return import_module(module)
    except SetupError:
        raise
    except Exception as error:
        reason = re.split(r"\.?\n|\.\s| \(/", str(error).strip())[0].rstrip(".")
        raise SetupError(f"The plugin {name} cannot be loaded, {module} fails: {reason}.") from error


def _declares(item: object, package: str) -> bool:
    return isinstance(item, type) and issubclass(item, Plugin) and item is not Plugin and item.__module__ == package


def _ordered(found: Mapping[str, Loaded]) -> list[str]:
    for plugin in found.values():
        missing = set(plugin.cls.depends) - set(found)
        if missing:
            raise SetupError(f"The plugin {plugin.name} needs {', '.join(sorted(missing))}, which is not installed.")
    try:
        return list(TopologicalSorter({name: set(plugin.cls.depends) for name, plugin in found.items()}).static_order())
    except CycleError as error:
        raise SetupError(f"Plugins depend on each other in a circle: {' → '.join(error.args[1])}.") from error


def search_folders(kind: str, plugin: str, sites: tuple[Path, ...], folder: Path) -> list[Path]:
    """Where a plugin's workflows, forms or reports are looked for: the site's, the top-level, the plugin's own."""
    return [*(site / kind / plugin for site in sites), ROOT / kind / plugin, folder / kind]
