"""Plugins: a folder with the fixed files; the files are the registration, nothing is listed twice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from erp.config import ROOT, Settings
from erp.errors import SetupError

DISABLED, REMOVED = "It is switched off.", "It was removed; its tables are gone."
SWITCHES = "plugins.json"
"""File below `var` that keeps which plugins are switched off or removed."""
EVERY_VERB = ("list", "show", "add", "edit", "export", "import")
OPERATING = ("skip", "correct", "suspend", "stop", "move")
"""What may be done to a running process: go on without a step, send it with other input, let nothing move, end it,
move its token."""
FILES = ("models", "api", "hooks", "actions", "views", "jobs", "checks", "demo", "provider", "webhooks")
FOLDERS = (
    "migrations", "templates", "static", "frontend", "simulator", "workflows", "forms", "reports", "translations",
)  # fmt: skip

Beginning = Mapping[str, Any] | Callable[[Any], Mapping[str, Any]]
"""A row a company begins with; or what gives one for each of its branches, asked with the branch."""


class Plugin:
    """Base of a plugin's declaration; the docstring's first sentence is its title, the rest its text."""

    depends: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[Mapping[str, str]] = {}
    """{role: rights}; rights are `type:verb verb, type:*`."""
    settings: ClassVar[Mapping[str, object]] = {}
    credentials: ClassVar[Mapping[str, str]] = {}
    """{name: what people call it} of the secrets its outside service asks for; kept in the vault under its name."""
    simulated: ClassVar[Mapping[str, str]] = {}
    """{name: how it begins} of the credentials that lead to its `simulator/` instead of the service."""
    begins: ClassVar[Mapping[str, Sequence[Beginning]]] = {}
    """{table: rows} a company begins with where it has none of them, such as the usual units."""
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


@dataclass(frozen=True)
class Absent:
    """A plugin that is there but takes no part: switched off, or in no state to."""

    name: str
    package: str
    folder: Path
    reason: str
    is_off: bool = False


@dataclass
class Shelf:
    """The plugins of an installation: those that take part, in the order of their dependencies, and the others."""

    loaded: dict[str, Loaded] = field(default_factory=dict)
    absent: dict[str, Absent] = field(default_factory=dict)

    def shipped_first(self) -> list[Loaded]:
        """Those that take part, Millrace's own before others: of two that claim one name, the other's is left out."""
        return sorted(self.loaded.values(), key=lambda plugin: not plugin.package.startswith("plugins."))

    def leave(self, name: str, package: str, reason: str, *, is_off: bool = False) -> None:
        """Note that a plugin takes no part, and why."""
        self.loaded.pop(name, None)
        spec = find_spec(package)
        origin = spec.origin if spec is not None else None
        self.absent[name] = Absent(name, package, Path(origin or package).parent, reason, is_off)


def rights_in(text: str) -> set[tuple[str, str]]:
    """(verb, type) pairs of `type:verb verb, type:*`; `*` stands for every verb."""
    pairs: set[tuple[str, str]] = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        kind, _colon, verbs = part.partition(":")
        wanted = (*EVERY_VERB, *OPERATING) if verbs.strip() == "*" else verbs.split()
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


def load(settings: Settings) -> Shelf:
    """Every plugin there is, in the order of their dependencies; one that cannot take part never stops the others."""
    off = switched_off(settings)
    shelf = Shelf()
    for name, package in _candidates():
        if name in shelf.loaded or name in shelf.absent:
            first = (shelf.loaded | shelf.absent)[name]
            shelf.leave(package, package, f"Two plugins are called {name}: {first.package} and {package}.")
        elif name in off:
            shelf.leave(name, package, off[name], is_off=off[name] in {DISABLED, REMOVED})
        else:
            _take(shelf, name, package)
    _prune(shelf)
    for plugin in shelf.shipped_first():
        if plugin.name in shelf.loaded:
            _read_files(shelf, plugin)
    return shelf


def switched_off(settings: Settings) -> dict[str, str]:
    """{plugin: why} of those that are not to be loaded: by setting, by `erp plugin`, or found unfit just now."""
    path = settings.var / SWITCHES
    kept: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
    return dict.fromkeys(settings.plugins_off, DISABLED) | kept | dict(settings.plugins_unfit)


def switch(settings: Settings, name: str, state: str) -> None:
    """Keep that a plugin is DISABLED, REMOVED or, with an empty state, takes part again."""
    path = settings.var / SWITCHES
    kept: dict[str, str] = json.loads(path.read_text()) if path.is_file() else {}
    kept.pop(name, None)
    if state:
        kept[name] = state
    settings.var.mkdir(mode=0o711, parents=True, exist_ok=True)
    made = path.with_suffix(".new")
    made.write_text(json.dumps(kept, indent=1))
    made.replace(path)


def _take(shelf: Shelf, name: str, package: str) -> None:
    try:
        module = _imported(name, package)
    except SetupError as error:
        shelf.leave(name, package, error.message)
        return
    cls = next((item for item in vars(module).values() if _declares(item, package)), None)
    if cls is None:
        shelf.leave(name, package, f"The plugin {name} has no class derived from Plugin in its __init__.py.")
        return
    shelf.loaded[name] = Loaded(name, package, cls, Path(str(module.__file__)).parent)


def _read_files(shelf: Shelf, plugin: Loaded) -> None:
    try:
        for file in FILES:
            if find_spec(f"{plugin.package}.{file}") is not None:
                plugin.modules[file] = _imported(plugin.name, f"{plugin.package}.{file}")
    except SetupError as error:
        drop(shelf, plugin.name, error.message)


def drop(shelf: Shelf, name: str, reason: str) -> None:
    """Take a plugin out with all that stand on it."""
    shelf.leave(name, shelf.loaded[name].package, reason)
    _prune(shelf)


def _prune(shelf: Shelf) -> None:
    """Leave out whatever stands on something that is not there, or on itself; put the rest in order."""
    while True:
        for plugin in list(shelf.loaded.values()):
            if missing := sorted(set(plugin.cls.depends) - set(shelf.loaded)):
                shelf.leave(plugin.name, plugin.package, _needs(shelf, plugin.name, missing))
                break
        else:
            try:
                shelf.loaded = {name: shelf.loaded[name] for name in _ordered(shelf.loaded)}
            except CycleError as error:
                circle = f"Plugins depend on each other in a circle: {' → '.join(error.args[1])}."
                for name in set(error.args[1]):
                    shelf.leave(name, shelf.loaded[name].package, circle)
            else:
                return


def _needs(shelf: Shelf, name: str, missing: Sequence[str]) -> str:
    wanting = [each for each in missing if each not in shelf.absent]
    if wanting:
        return f"The plugin {name} needs {', '.join(wanting)}, which is not installed."
    return f"The plugin {name} needs {', '.join(missing)}, which does not take part."


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
    return list(TopologicalSorter({name: plugin.cls.depends for name, plugin in found.items()}).static_order())


def search_folders(kind: str, plugin: str, sites: tuple[Path, ...], folder: Path) -> list[Path]:
    """Where a plugin's workflows, forms or reports are looked for: the site's, the top-level, the plugin's own."""
    return [*(site / kind / plugin for site in sites), ROOT / kind / plugin, folder / kind]
