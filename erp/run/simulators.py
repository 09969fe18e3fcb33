"""Simulated outside services beside the demo company: connected with credentials of their own, started by `make run`.

Only credentials made for a simulator lead to it, and it runs only while a tenant holds some, so that real ones never
meet it. On a database of one's own none is started.
"""

from __future__ import annotations

import json
import secrets
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from erp import prepare, webhooks
from erp.config import Settings
from erp.context import Context
from erp.data import tenancy, vault
from erp.data.base import transaction
from erp.errors import SetupError
from erp.plugins import Loaded
from erp.provision import Provision
from erp.run.children import Child

HOST = "127.0.0.1"
PATIENCE = 10
"""Seconds a simulator may take to answer."""


@dataclass(frozen=True)
class Simulator:
    """A program that plays an outside service, where it is reached, and who is known to it."""

    name: str
    address: str
    child: Child
    accounts: tuple[tuple[dict[str, str], str], ...]
    """(credentials, address of our webhook) of each tenant that uses it."""


def _simulated() -> Iterator[Loaded]:
    yield from (plugin for plugin in prepare.loaded().values() if plugin.cls.simulated)


def introduce(tenant_id: int, settings: Settings) -> None:
    """Give the demo company credentials for every simulator there is."""
    tenancy.enter(Context(tenant_id=tenant_id, name="Millrace", source="demo"))
    with transaction():
        for plugin in _simulated():
            for name, begin in plugin.cls.simulated.items():
                vault.put(plugin.name, name, begin + secrets.token_hex(16))
            if plugin.name in webhooks.providers():
                webhooks.address(plugin.name, settings.address)


def wanted(settings: Settings, env: dict[str, str]) -> list[Simulator]:
    """The simulators some tenant of the embedded database has credentials for."""
    vault.init(settings)
    found = []
    for plugin in _simulated():
        accounts = tuple(_accounts(settings, plugin))
        if accounts:
            port = _port(settings.var / "simulators" / f"{plugin.name}.port")
            state = settings.var / "simulators" / f"{plugin.name}.json"
            command = [sys.executable, "-m", f"{plugin.package}.simulator", "--port", str(port), "--state", str(state)]
            child = Child(
                f"simulated-{plugin.name}", command, settings.var / "log" / f"simulated-{plugin.name}.log", env
            )
            found.append(Simulator(plugin.name, f"http://{HOST}:{port}", child, accounts))
    return found


def _accounts(settings: Settings, plugin: Loaded) -> Iterator[tuple[dict[str, str], str]]:
    assert settings.database_url is not None
    with Provision(settings.database_url) as owner:
        known = vault.everywhere(owner.session, plugin.name)
    begins = plugin.cls.simulated
    for held in known.values():
        if all(held.get(name, "").startswith(begin) for name, begin in begins.items()):
            base, token = f"http://{settings.host}:{settings.port}", held.get(webhooks.TOKEN, "")
            yield {name: held[name] for name in begins}, f"{base}/hooks/{plugin.name}/{token}" if token else ""


def _port(file: Path) -> int:
    """The port of the start before, so that its pages keep their addresses; a free one where another program has it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = int(file.read_text()) if file.is_file() else 0
    for port in (kept, 0):
        try:
            with socket.create_server((HOST, port)) as probe:
                chosen = int(probe.getsockname()[1])
        except OSError:
            continue
        file.write_text(str(chosen))
        return chosen
    raise AssertionError("no port is free")


def running(settings: Settings) -> Settings:
    """The settings with the simulators the supervisor of this installation has started, for a command beside it."""
    found = []
    for file in sorted((settings.var / "simulators").glob("*.port")):
        with suppress(OSError), socket.create_connection((HOST, int(file.read_text())), 1):
            found.append((file.stem, f"http://{HOST}:{file.read_text().strip()}"))
    return replace(settings, simulators=tuple(found))


def reached(settings: Settings, started: list[Simulator]) -> Settings:
    """The settings our programs are to be started with beside these simulators."""
    return replace(settings, simulators=tuple((each.name, each.address) for each in started))


def connect(started: list[Simulator]) -> None:
    """Make our tenants known to simulators that were started; raises SetupError when one does not come up."""
    for each in started:
        for credentials, address in each.accounts:
            _tell(each, {"credentials": credentials, "webhook": address})


def _tell(simulator: Simulator, account: dict[str, object]) -> None:
    """Raises SetupError when the simulator does not come up."""
    body = json.dumps(account).encode()
    request = urllib.request.Request(  # noqa: S310 - a program of ours on this machine
        f"{simulator.address}/_sim/connect", body, {"Content-Type": "application/json"}
    )
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(request, timeout=PATIENCE).close()  # noqa: S310 - as above
        except OSError as error:
            if time.monotonic() > deadline or simulator.child.poll() is not None:
                raise SetupError(f"{simulator.child.name} does not answer. See {simulator.child.log}") from error
            time.sleep(0.05)
        else:
            return
