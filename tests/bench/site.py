"""An installation to measure: embedded PostgreSQL with its safety on, a company, people, and rows by the million."""

from __future__ import annotations

import logging
import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from flask import Flask
from werkzeug.serving import make_server

from erp import context, sessions
from erp.access import enter_as
from erp.app import create_app
from erp.cli import migrate
from erp.config import Settings
from erp.data import base
from erp.data.base import session
from erp.provision import Place, Provision
from erp.run import postgres

PASSWORD = "a long enough password"


class Site:
    """Started when first asked for; a context manager."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._app: Flask | None = None
        self.url = ""
        self.user_id = 0
        self.place: Place

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        base.disconnect()
        self._stack.__exit__(kind, error, trace)

    @property
    def app(self) -> Flask:
        """The application on a fresh database."""
        if self._app is None:
            folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
            folder.chmod(0o755)
            server = self._stack.enter_context(postgres.running(folder / "data"))
            self.url = server.url
            settings = Settings(
                var=folder / "var", database_url=self.url, secret_key=secrets.token_hex(32),
                plans=(("measured", 10**9),),
            )  # fmt: skip
            settings.var.mkdir()
            migrate(settings)
            self._app = create_app(settings)
            with Provision(self.url) as owner:
                self.place = owner.tenant(
                    "Savanna Repairs Ltd", "savanna", currency="KES", country="KE", timezone="Africa/Nairobi",
                    tax_rate=Decimal(16), branches=("Westlands",),
                )  # fmt: skip
                self.user_id = owner.person("grace", "Grace Njeri", PASSWORD)
                owner.member(self.user_id, self.place, "Grace Njeri", ["Counter", "Technician"])
        return self._app

    def act(self) -> None:
        """Act as the one person of this site."""
        context.reset()
        session.remove()
        enter_as(self.user_id, self.place.tenant_id, source="web")

    def client(self) -> Any:
        """A signed-in browser."""
        client = self.app.test_client()
        self.act()
        begun = sessions.begin(sessions.BROWSER, "Firefox, Linux")
        with client.session_transaction() as cookie:
            own = {"_user_id": str(self.user_id), "_fresh": True, "tenant": self.place.tenant_id}
            cookie.update({**own, "session": begun.token})
        return client

    @contextmanager
    def served(self) -> Iterator[str]:
        """The address of the application, served on a free port of this machine."""
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        server = make_server("127.0.0.1", 0, self.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def run_sql(self, statement: str, **values: Any) -> list[Any]:
        """Run a statement as the superuser."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            result = connection.execute(sa.text(statement), values)
            rows = list(result) if result.returns_rows else []
        engine.dispose()
        return rows

    def vacuum(self, *tables: str) -> None:
        """Bring the planner's figures up to date, as autovacuum would."""
        engine = sa.create_engine(self.url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for table in tables:
                connection.execute(sa.text(f"vacuum analyze {table}"))
        engine.dispose()
