"""Installation settings, read once from the environment and frozen."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from erp.errors import SetupError

UNFIT = "MILLRACE_PLUGINS_UNFIT"
"""How a process tells those it starts which plugins it found unfit."""
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Everything an installation can set; the defaults here are the documentation."""

    var: Path = ROOT / "var"
    """Folder of everything this installation writes: database, files, logs, backups, secret."""
    host: str = "127.0.0.1"
    port: int = 8080
    database_url: str | None = None
    """PostgreSQL URL of a login that may take the three roles; empty starts the embedded server."""
    redis_url: str | None = None
    base_url: str = ""
    """Address customers' links start with; empty means http://HOST:PORT."""
    secret_key: str = ""
    """Signs sessions and links; empty makes one in `var/secret`."""
    smtp_url: str | None = None
    """smtp://user:password@host:port (smtps:// for TLS from the start); empty keeps mail in the mailbox page."""
    mail_from: str = "Millrace <no-reply@localhost>"
    languages: tuple[str, ...] = ("en", "fa")
    files_url: str = ""
    """s3://KEY:SECRET@host/bucket?region=… of the bucket files are kept in; empty keeps them in `var/files`."""
    max_upload_mb: int = 20
    secure_cookies: bool = False
    """On behind HTTPS: secure cookies and HSTS."""
    sites: tuple[Path, ...] = ()
    """Folders searched before the shipped workflows, forms and reports."""
    demo: bool = True
    """Whether the embedded database begins with a demo company; without it, with a link to make one's own."""
    plugins_off: tuple[str, ...] = ()
    """Plugins that take no part, besides those `erp plugin disable` keeps in `var`."""
    plugins_unfit: Mapping[str, str] = field(default_factory=dict)
    """{plugin: why} found by the process that started this one; it could not go on with them."""
    credential_keys: tuple[str, ...] = ()
    """Keys that seal credentials, 32 bytes in base64, the newest first; empty makes one in `var/keys`."""
    services: tuple[tuple[str, str], ...] = ()
    """(name, address) of outside services that are reached elsewhere than at their own address."""
    session_idle_hours: int = 12
    """How long a browser may be silent before its person has to sign in again."""
    session_days: int = 30
    """How long a session lasts at most, however busy it is."""
    plans: tuple[tuple[str, int], ...] = (("standard", 1_000), ("large", 10_000))
    """(name, API requests of one user in an hour); a company without a plan has the first."""
    simulators: tuple[tuple[str, str], ...] = ()
    """(name, address) of the simulated services the supervisor has started beside the demo company."""
    lease_seconds: int = 20
    """How long a worker may be silent before its job is given to another."""
    report_seconds: int = 20
    """How long a report on screen, or asked by a program, may take."""
    report_rows: int = 500
    """Rows of a report a page shows; its files have all of them."""
    report_file_seconds: int = 900
    """How long a report may take that a worker writes as a file."""
    report_file_rows: int = 5_000_000
    """Rows of the longest file."""
    cors_origins: tuple[str, ...] = ()
    """Other sites whose scripts may use the JSON way in; none unless named."""
    metrics_token: str = ""
    """Opens `/metrics` to Prometheus; empty closes it to everybody."""
    sentry_dsn: str = ""
    """Where errors nobody expected are told; empty tells nobody."""
    log_format: str = ""
    """json or text; empty is json unless the log goes to a terminal."""

    @property
    def address(self) -> str:
        """Where people reach this installation, without a slash at the end."""
        return self.base_url.rstrip("/") or f"http://{self.host}:{self.port}"

    def service(self, name: str, default: str) -> str:
        """Where an outside service is reached."""
        return dict(self.services).get(name, default)

    def simulator(self, name: str) -> str:
        """Where a service is simulated; '' where it is not."""
        return dict(self.simulators).get(name, "")

    @property
    def files(self) -> Path:
        """Folder of uploaded and rendered files."""
        return self.var / "files"


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not text.isdigit():
        raise SetupError(f"{name} must be a whole number, not {text!r}.")
    return int(text)


def _origins(text: str) -> tuple[str, ...]:
    """`https://shop.example.com https://till.example.com:8443`; raises SetupError."""
    found = tuple(text.replace(",", " ").split())
    for origin in found:
        if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?", origin):
            raise SetupError(f"CORS_ORIGINS must read like https://shop.example.com, not {origin!r}.")
    return found


def _one_of(environ: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    text = environ.get(name, "").strip()
    if text and text not in words:
        raise SetupError(f"{name} must be {' or '.join(words)}, not {text!r}.")
    return text


def _addresses(text: str, variable: str) -> tuple[tuple[str, str], ...]:
    """`stripe=http://127.0.0.1:8090` and more, with spaces between; raises SetupError."""
    found = []
    for word in text.split():
        name, _sign, address = word.partition("=")
        if not name or not address.startswith(("http://", "https://")):
            raise SetupError(f"{variable} must read like stripe=http://127.0.0.1:8090, not {word!r}.")
        found.append((name, address.rstrip("/")))
    return tuple(found)


def _plans(text: str) -> tuple[tuple[str, int], ...]:
    """`standard=1000 large=10000`; raises SetupError."""
    found = []
    for word in text.split():
        name, _sign, number = word.partition("=")
        if not name or len(name) > 20 or not number.isdigit() or int(number) == 0:
            raise SetupError(f"PLANS must read like standard=1000 large=10000, not {word!r}.")
        found.append((name, int(number)))
    return tuple(found)


def from_env(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of this process; raises SetupError with one sentence when a value makes no sense."""
    database = environ.get("DATABASE_URL") or None
    if database and database.startswith(("postgres://", "postgresql://")):
        database = "postgresql+psycopg://" + database.split("://", 1)[1]
    if database and not database.startswith("postgresql+psycopg://"):
        raise SetupError("DATABASE_URL must start with postgresql://. PostgreSQL is the only database.")
    redis = environ.get("REDIS_URL") or None
    if redis and not redis.startswith(("redis://", "rediss://", "unix://")):
        raise SetupError("REDIS_URL must start with redis://, rediss:// or unix://.")
    base = Settings()
    return Settings(
        var=Path(environ.get("MILLRACE_VAR") or base.var).resolve(),
        host=environ.get("HOST") or base.host,
        port=_number(environ, "PORT", base.port),
        database_url=database,
        redis_url=redis,
        base_url=environ.get("BASE_URL", ""),
        secret_key=environ.get("SECRET_KEY", ""),
        smtp_url=environ.get("SMTP_URL") or None,
        mail_from=environ.get("MAIL_FROM") or base.mail_from,
        languages=tuple(environ.get("LANGUAGES", ",".join(base.languages)).split(",")),
        files_url=environ.get("FILES_URL", ""),
        max_upload_mb=_number(environ, "MAX_UPLOAD_MB", base.max_upload_mb),
        secure_cookies=environ.get("SECURE_COOKIES", "") in {"1", "true", "yes"},
        sites=tuple(Path(p) for p in environ.get("MILLRACE_SITE", "").split(os.pathsep) if p),
        demo=environ.get("DEMO", "1") not in {"0", "false", "no"},
        plugins_off=tuple(name for name in environ.get("PLUGINS_OFF", "").split(",") if name),
        plugins_unfit=json.loads(environ.get(UNFIT) or "{}"),
        credential_keys=tuple(environ.get("CREDENTIAL_KEYS", "").replace(",", " ").split()),
        session_idle_hours=_number(environ, "SESSION_IDLE_HOURS", base.session_idle_hours),
        session_days=_number(environ, "SESSION_DAYS", base.session_days),
        plans=_plans(environ.get("PLANS", "")) or base.plans,
        services=_addresses(environ.get("SERVICES", ""), "SERVICES"),
        simulators=_addresses(environ.get("SIMULATORS", ""), "SIMULATORS"),
        lease_seconds=_number(environ, "LEASE_SECONDS", base.lease_seconds),
        report_seconds=_number(environ, "REPORT_SECONDS", base.report_seconds),
        report_rows=_number(environ, "REPORT_ROWS", base.report_rows),
        report_file_seconds=_number(environ, "REPORT_FILE_SECONDS", base.report_file_seconds),
        report_file_rows=_number(environ, "REPORT_FILE_ROWS", base.report_file_rows),
        cors_origins=_origins(environ.get("CORS_ORIGINS", "")),
        metrics_token=environ.get("METRICS_TOKEN", ""),
        sentry_dsn=environ.get("SENTRY_DSN", ""),
        log_format=_one_of(environ, "LOG_FORMAT", ("json", "text")),
    )


_active: Settings | None = None


def use(settings: Settings) -> None:
    """Make these the settings of this process; `prepare` calls it once."""
    global _active
    _active = settings


def settings() -> Settings:
    """The settings of this process; raises SetupError before `prepare`."""
    if _active is None:
        raise SetupError("The settings are asked for before the process is prepared.")
    return _active
