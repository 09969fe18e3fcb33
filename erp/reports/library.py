"""The reports of this installation: every plugin's, read at start; a broken one is told and stops no other."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from erp import access, context
from erp.access import TRUSTED
from erp.documents import types
from erp.documents.narrowing import SHOW
from erp.errors import Forbidden, NotFound
from erp.i18n import _
from erp.reports.definitions import Report
from erp.reports.reading import ReportUnfit, read

log = logging.getLogger(__name__)
VERBS = (SHOW, "export")
_reports: dict[str, Report] = {}
_faults: dict[str, str] = {}


def init_folders(folders: Mapping[str, Iterable[Path]]) -> None:
    """Read the reports of {plugin: folders}, the first folder that has a report winning."""
    _reports.clear()
    _faults.clear()
    for plugin, places in folders.items():
        taken: set[str] = set()
        for path in (path for place in places for path in sorted(Path(place).glob("*.toml"))):
            if path.stem not in taken:
                taken.add(path.stem)
                _take(plugin, path)
    for name in [name for name, report in _reports.items() if _misses(report)]:
        _refuse(f"{_reports[name].plugin}/{name}", _misses(_reports.pop(name)))


def _take(plugin: str, path: Path) -> None:
    try:
        found = read(plugin, path.stem, path.read_text(), _sql_of(path))
        if found.name in _reports:
            raise ReportUnfit(f"{_reports[found.name].plugin} has a report of this name already.")  # noqa: TRY301
    except (ReportUnfit, UnicodeDecodeError) as error:
        _refuse(f"{plugin}/{path.stem}", str(error))
    else:
        _reports[found.name] = found


def _sql_of(path: Path) -> str:
    try:
        return path.with_suffix(".sql").read_text()
    except FileNotFoundError:
        raise ReportUnfit(f"There is no {path.stem}.sql beside {path.name}.") from None


def _misses(report: Report) -> str:
    """What it names and nobody declares; '' for nothing."""
    named = {each.to for each in report.parameters if each.to}
    named |= {each.link.document for each in report.columns if each.link is not None and each.link.document}
    if away := sorted(named - set(types.declared())):
        return f"No plugin declares the document type {away[0]}."
    return ""


def _refuse(where: str, reason: str) -> None:
    _faults[where] = reason
    log.error("The report %s is left out. %s", where, reason)


def reports() -> Mapping[str, Report]:
    """Every report there is, by the order of the plugins."""
    return _reports


def faults() -> Mapping[str, str]:
    """{plugin/name: what is wrong} of the reports that could not be read."""
    return _faults


def rights() -> Mapping[str, set[tuple[str, str]]]:
    """{role: (verb, report) pairs} the definitions give."""
    found: dict[str, set[tuple[str, str]]] = {access.OWNER: set()}
    for report in _reports.values():
        for role in (access.OWNER, *report.roles):
            found.setdefault(role, set()).update((verb, report.right) for verb in VERBS)
    return found


def offered() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """{right: (what it is called, its verbs)} of every report, for the page of roles."""
    return {report.right: (_("Report: %(title)s", title=_(report.title)), VERBS) for report in _reports.values()}


def allowed() -> list[Report]:
    """The reports the actor may run."""
    return [report for report in _reports.values() if may(report)]


def may(report: Report) -> bool:
    """Whether the actor may run it."""
    return access.can(SHOW, report.right) and not refusal(report)


def found(name: str, verb: str = SHOW) -> Report:
    """A report the actor may run, with `export` as a file too; raises NotFound, or Forbidden saying why not."""
    report = _reports.get(name)
    if report is None:
        raise NotFound(_("There is no report of this name."))
    access.require(SHOW, report.right)
    access.require(verb, report.right)
    if reason := refusal(report):
        raise Forbidden(reason)
    return report


def refusal(report: Report) -> str:
    """Why the actor's reach keeps this report from them, '' where it does not: a sum tells of rows they do not see."""
    acting = context.current()
    if acting.source in TRUSTED:
        return ""
    if acting.branches is not None and not report.is_narrowed:
        return _("This report is about all branches, and you see some of them only.")
    for name, kind in types.declared().items():
        tables = {name, *(table.cls.__tablename__ for table in kind.tables)}
        if tables & report.words and access.limits(SHOW, name) is not None:
            return _(
                "This report reads all %(things)s, and a rule of your company limits which of them you see.",
                things=str(kind.plural),
            )
    return ""
