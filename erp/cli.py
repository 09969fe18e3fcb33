"""The `erp` command."""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import re
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import available_timezones

from erp import bringing, checking, config, installing, logs, new, offline, prepare, provision
from erp.config import Settings
from erp.data import carrying, schema, stores, vault
from erp.documents import searching
from erp.errors import ErpError, PluginUnfit, SetupError
from erp.jobs import redis_queue
from erp.run import backup, children, demo, simulators, supervisor


def migration_folders() -> list[Path]:
    """The migrations of every plugin whose tables are kept, whether it takes part or not."""
    return [folder / "migrations" for folder in prepare.plugin_folders()]


def migrate(settings: Settings) -> None:
    """Schema, roles and definitions of roles, and what every tenant lacks of this version."""
    assert settings.database_url is not None
    prepare.load_plugins(settings)
    schema.migrate(settings.database_url, migration_folders(), searching.lay)
    with provision.Provision(settings.database_url) as owner:
        owner.sync_roles(prepare.rights_of_roles())
        owner.begin_all()
    provision.upgrade_all(settings.database_url)


def revise(settings: Settings, name: str, message: str) -> str:
    """Write the migration of the core or a plugin; a sentence saying where it is."""
    assert settings.database_url is not None
    loaded = prepare.load_plugins(settings)
    if name == schema.CORE:
        branch = schema.Branch(name, schema.HERE / "versions", schema.tables_of("erp.", "flask_appbuilder"))
    elif name in loaded:
        plugin = loaded[name]
        folder = plugin.folder / "migrations"
        folder.mkdir(exist_ok=True)
        branch = schema.Branch(name, folder, schema.tables_of(f"{plugin.package}."), plugin.cls.depends)
    else:
        raise SetupError(f"There is no plugin {name}.")
    schema.migrate(settings.database_url, migration_folders())  # only what is there already can be compared
    made = schema.revise(settings.database_url, migration_folders(), branch, message)
    return f"Written: {made}" if made else f"The tables of {name} are as declared; nothing to write."


def make_company(settings: Settings, chosen: argparse.Namespace) -> str:
    """A company with its owner, on a server of one's own; a sentence with the password, which is kept nowhere else."""
    assert settings.database_url is not None
    if not (re.fullmatch(r"[A-Z]{3}", chosen.currency) and re.fullmatch(r"[A-Z]{2}", chosen.country)):
        raise SetupError("Write the currency as three capital letters (KES) and the country as two (KE).")
    if chosen.timezone not in available_timezones():
        raise SetupError(f"There is no time zone {chosen.timezone}. Write it like Africa/Nairobi.")
    prepare.load_plugins(settings)
    roles = prepare.rights_of_roles()
    slug = re.sub(r"[^a-z0-9]+", "-", chosen.name.lower()).strip("-")[:60] or "company"
    password = secrets.token_urlsafe(12)
    with provision.Provision(settings.database_url) as owner:
        if owner.has_slug(slug):
            raise SetupError(f"There is a company called {chosen.name} already.")
        if owner.has_person(chosen.owner):
            raise SetupError(f"Somebody signs in as {chosen.owner} already. Choose another user name.")
        place = owner.tenant(
            chosen.name, slug, currency=chosen.currency, country=chosen.country, timezone=chosen.timezone
        )
        owner.member(owner.person(chosen.owner, chosen.owner, password), place, chosen.owner, sorted(roles))
    return f"{chosen.name} is ready. Sign in as {chosen.owner} with the password {password}"


def set_plan(settings: Settings, slug: str, plan: str) -> str:
    """Put a company on a plan, from its next request on; a sentence."""
    known = dict(settings.plans)
    if plan not in known:
        raise SetupError(f"There is no plan {plan}. There are: {', '.join(known)}.")
    with supervisor.connected(settings) as ready:
        assert ready.database_url is not None
        with provision.Provision(ready.database_url) as owner:
            if not owner.set_plan(slug, plan):
                raise SetupError(f"There is no company {slug}.")
    return f"{slug} has the plan {plan}: {known[plan]} API requests of one user in an hour."


def switch_plugin(settings: Settings, what: str, name: str) -> str:
    """Carry out `erp plugin`; what to say."""
    if what == "list":
        return installing.listed()
    if what == "disable":
        return installing.disable(settings, name)
    if what == "enable":
        return installing.enable(settings, name)
    with supervisor.connected(settings) as ready:
        return installing.remove(ready, name, input)


def rotate_keys(settings: Settings) -> str:
    """Make a new key for credentials where they are kept in `var`, and seal all with the newest; a sentence."""
    with supervisor.connected(settings) as ready:
        vault.init(ready)
        if not ready.credential_keys:
            vault.keys.add()
        assert ready.database_url is not None
        with provision.Provision(ready.database_url) as owner:
            count = vault.rotate(owner.session)
    where = "CREDENTIAL_KEYS" if settings.credential_keys else str(settings.var / vault.FILE)
    return f"Sealed {count} credentials with the newest key. Keep the older ones in {where}: old backups need them."


def move_files(settings: Settings, to: str) -> str:
    """Copy every stored file into another store, `folder` or the address of a bucket; a sentence on what to do next."""
    url = "" if to == "folder" else to
    if url == settings.files_url:
        raise SetupError("The files are there already. Name the other store: `folder`, or s3://KEY:SECRET@host/bucket.")
    source, target = (stores.opened(each, settings.files) for each in (settings.files_url, url))
    found = carrying.carry(source, target)
    said = f"Copied {found.copied} files; {found.there} were there already."
    if found.damaged:
        keys = "\n".join(found.damaged)
        raise SetupError(f"{said} These are damaged and were left out; bring them back from a backup:\n{keys}")
    way = "Take FILES_URL away" if not url else "Set FILES_URL to the new address"
    return f"{said} {way}, start anew, and run this once more for what came in between, with FILES_URL as it was."


def check(settings: Settings, name: str) -> str:
    """Look whether the figures add up; raises SetupError with what does not, a line each."""
    with supervisor.connected(settings) as ready:
        prepare.prepare(simulators.running(replace(ready, secret_key=ready.secret_key or secrets.token_urlsafe(48))))
        found = list(checking.differences(name))
        held = ", ".join(each.name for each in checking.checks(name))
    if found:
        raise SetupError("\n".join(found))
    return f"Everything adds up: {held}."


def bring(settings: Settings, chosen: argparse.Namespace) -> str:
    """Carry out `erp import`; what to say."""
    with supervisor.connected(settings) as ready:
        prepare.prepare(replace(ready, secret_key=ready.secret_key or secrets.token_urlsafe(48)))
        return bringing.bring(chosen)


def serve_worker(settings: Settings, queue: str) -> None:
    """Serve one queue until told to stop."""
    logs.init(settings, level=logging.INFO)
    prepare.prepare(settings)
    redis_queue.work(_redis(settings), queue=queue)


def serve_scheduler(settings: Settings) -> None:
    """Relay what is due and run what is periodic until told to stop."""
    logs.init(settings, level=logging.INFO)
    prepare.prepare(settings)
    backups = {"erp.run.backup.look": (partial(backup.look, settings), timedelta(minutes=10))}
    redis_queue.Scheduler(_redis(settings), {**prepare.periodic(), **backups}).serve()


def _redis(settings: Settings) -> str:
    if settings.redis_url is None:
        raise SetupError("REDIS_URL is not set. `make run` starts with a Redis of its own.")
    return settings.redis_url


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    found = argparse.ArgumentParser(prog="erp", description="Millrace, a low-code ERP.")
    commands = found.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="start everything under one supervisor")
    commands.add_parser("migrate", help="bring the database to the newest schema")
    migration = commands.add_parser("migration", help="write the migration of the core or a plugin")
    migration.add_argument("plugin")
    migration.add_argument("message")
    writer = commands.add_parser("new", help="write a first version of something")
    what = writer.add_subparsers(dest="what", required=True)
    document = what.add_parser("document", help="a document type with lines, process, forms, print and test")
    document.add_argument("name", help="in the singular: loan_order")
    document.add_argument("--plugin", default="", help="where it belongs, made if it is not there (NAMEs)")
    document.add_argument("--role", default="", help="who does its tasks")
    document.add_argument("--steps", nargs="+", default=new.STEPS, help="its tasks and their states: hand_out:lent")
    plugin = what.add_parser("plugin", help="an empty plugin with its declaration and test")
    plugin.add_argument("name", help="in the plural: loans")
    plugin.add_argument("--depends", nargs="*", default=(), help="plugins it stands on: parties products")
    switch = commands.add_parser("plugin", help="list plugins, switch one off or on, or remove one with its tables")
    switch.add_argument("what", choices=("list", "disable", "enable", "remove"))
    switch.add_argument("name", nargs="?", default="")
    _parse_companies(commands)
    worker = commands.add_parser("worker", help="run jobs of one queue")
    worker.add_argument("--queue", choices=redis_queue.QUEUES, default="short")
    commands.add_parser("scheduler", help="relay due jobs and run periodic ones")
    commands.add_parser("backup", help="dump the embedded database to var/backups")
    moved = commands.add_parser("files", help="copy all stored files into a bucket, or back into the folder")
    moved.add_argument("what", choices=("move",))
    moved.add_argument("to", help="folder, or s3://KEY:SECRET@host/bucket?region=eu-west-1")
    keys = commands.add_parser("keys", help="change the key that seals credentials, and seal them all anew")
    keys.add_argument("what", choices=("rotate",))
    checked = commands.add_parser("check", help="look whether the figures of all companies add up; changes nothing")
    checked.add_argument("name", nargs="?", default="", help="a plugin, or one of its checks: payments.ledger_adds_up")
    offline.add_commands(commands)
    bringing.add_command(commands)
    restore = commands.add_parser("restore", help="bring a dump back")
    restore.add_argument("file", type=Path)
    return found


def _parse_companies(commands: Any) -> None:
    company = commands.add_parser("company", help="make a company and its owner, on a server of one's own")
    company.add_argument("name")
    company.add_argument("--currency", required=True, help="KES")
    company.add_argument("--country", required=True, help="KE")
    company.add_argument("--timezone", required=True, help="Africa/Nairobi")
    company.add_argument("--owner", required=True, help="user name of who may do everything")
    plan = commands.add_parser("plan", help="put a company on one of the plans of this installation (PLANS)")
    plan.add_argument("company", help="its short name: savanna-repairs")
    plan.add_argument("plan", help="standard")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; a failure that people can mend is one sentence and exit code 1."""
    chosen = parser().parse_args(arguments)
    try:
        if chosen.command in offline.COMMANDS:
            _load(config.from_env())
            said, is_well = offline.run(chosen, sys.stdin)
            print(said)  # noqa: T201 - the console is this program's page
            return 0 if is_well else 1
        settings = config.from_env()
        logs.init(settings)
        with children.sentences(settings.var):
            settings = prepare.with_secret(settings)
        if chosen.command != "run":  # it loads while its servers start
            _load(settings)
        run(chosen, settings)
    except PluginUnfit as unfit:
        _begin_without(unfit, arguments)
    except ErpError as error:
        print(error.message, file=sys.stderr)  # noqa: T201 - the console is this program's page
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _load(settings: Settings) -> None:
    prepare.load_plugins(settings)
    gc.enable()  # off since `erp.__main__`


def _begin_without(unfit: PluginUnfit, arguments: Sequence[str] | None) -> NoReturn:
    """Start this command anew without the plugin: declared classes cannot be taken back in a running process."""
    known = json.loads(os.environ.get(config.UNFIT) or "{}")
    if not unfit.plugin or unfit.plugin in known:
        raise unfit
    environment = {**os.environ, config.UNFIT: json.dumps({**known, unfit.plugin: unfit.message})}
    words = list(sys.argv[1:] if arguments is None else arguments)
    os.execve(sys.executable, [sys.executable, "-m", "erp", *words], environment)  # noqa: S606 - this program itself


def run(chosen: argparse.Namespace, settings: Settings) -> None:
    """Carry out a parsed command and print what it says."""
    if said := COMMANDS[chosen.command](settings, chosen):
        print(said)  # noqa: T201 - the console is this program's page


def _supervise(settings: Settings, _chosen: argparse.Namespace) -> None:
    supervisor.run(settings, supervisor.Steps(_load, migrate, demo.load, demo.welcome, main))


def _migrate(settings: Settings, _chosen: argparse.Namespace) -> str:
    """What to say after migrating: where to begin, once there is a schema and no company."""
    migrate(_with_database(settings))
    return demo.welcome(settings)


def _write_migration(settings: Settings, chosen: argparse.Namespace) -> str:
    with supervisor.connected(settings) as ready:
        return revise(ready, chosen.plugin, chosen.message)


def _write_new(_settings: Settings, chosen: argparse.Namespace) -> str:
    if chosen.what == "plugin":
        return new.written_plugin(chosen.name, chosen.depends)
    return new.written(new.Order(chosen.name, chosen.plugin, chosen.role, chosen.steps))


def _with_database(settings: Settings) -> Settings:
    if settings.database_url is None:
        raise SetupError("DATABASE_URL is not set. `make run` migrates its own database by itself.")
    return replace(settings, secret_key=settings.secret_key or secrets.token_urlsafe(48))


COMMANDS: Mapping[str, Callable[[Settings, argparse.Namespace], str | None]] = {
    "run": _supervise,
    "migrate": _migrate,
    "migration": _write_migration,
    "new": _write_new,
    "plugin": lambda settings, chosen: switch_plugin(settings, chosen.what, chosen.name),
    "company": lambda settings, chosen: make_company(_with_database(settings), chosen),
    "plan": lambda settings, chosen: set_plan(settings, chosen.company, chosen.plan),
    "worker": lambda settings, chosen: serve_worker(settings, chosen.queue),
    "scheduler": lambda settings, _chosen: serve_scheduler(settings),
    "backup": lambda settings, _chosen: backup.save(settings),
    "files": lambda settings, chosen: move_files(settings, chosen.to),
    "keys": lambda settings, _chosen: rotate_keys(settings),
    "import": bring,
    "check": lambda settings, chosen: check(settings, chosen.name),
    "restore": lambda settings, chosen: backup.restore(settings, chosen.file, schema.make_roles),
}
