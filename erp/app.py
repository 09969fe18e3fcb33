"""The web application: a list of steps, each a room's own."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_appbuilder import AppBuilder
from jinja2 import ChoiceLoader, FileSystemLoader

from erp import config, kept, prepare, rest, screens, studio
from erp.config import Settings
from erp.data.base import session
from erp.jobs import redis_queue
from erp.web import cors, errors, guard, headers, limits, packing, shell, texts, tokens, traffic
from erp.web.addresses import AddressRule
from erp.web.approving import Approving
from erp.web.assets import Assets
from erp.web.begin import Begin
from erp.web.figures import Figures
from erp.web.health import Health
from erp.web.help import Help
from erp.web.home import Home
from erp.web.hooks import Hooks
from erp.web.joining import Join, Passwords
from erp.web.mails import Mailbox
from erp.web.portal import Portal
from erp.web.preferences import Preferences
from erp.web.security import SecurityManager
from erp.web.session_pages import Sessions

HERE = Path(__file__).parent


class Builder(AppBuilder):
    """Flask-AppBuilder without the screens, styles and scripts it brings along."""

    def _add_global_static(self) -> None:
        """None: only our own bundles are served."""

    def _add_admin_views(self) -> None:
        self._indexview = self.add_view_no_menu(Home)
        self.sm.register_views()


@kept.for_good()
def create_app(settings: Settings | None = None) -> Flask:
    """The application of this process; raises SetupError with one sentence when it cannot start."""
    settings = prepare.with_secret(settings or config.from_env())
    prepare.prepare(settings)
    app = Flask("erp", static_folder=None, template_folder=None)
    app.url_rule_class = AddressRule
    _configure(app, settings)
    traffic.init_app(app)
    packing.init_app(app)
    cors.init_app(app)
    guard.init_app(app)
    headers.init_app(app, settings)
    tokens.init_app(app)
    limits.init_app(app)
    limits.limits.connect(settings.redis_url)
    if settings.redis_url is not None:
        redis_queue.wake_with(redis_queue.client(settings.redis_url))
    with app.app_context():
        builder = Builder(app, session)
        texts.init_app(app)
        _add_views(builder)
    shell.init_app(app)
    errors.init_app(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        MILLRACE=settings,
        SECRET_KEY=settings.secret_key,
        JWT_SECRET_KEY=f"{settings.secret_key}.tokens",
        APP_NAME="Millrace",
        FAB_BASE_TEMPLATE="millrace/base.html",
        FAB_SECURITY_MANAGER_CLASS=f"{SecurityManager.__module__}.{SecurityManager.__name__}",
        FAB_UPDATE_PERMS=False,
        FAB_CREATE_DB=False,
        FAB_ADD_OPENAPI_VIEWS=False,
        FAB_ADD_MENU_API=False,
        LANGUAGES={code: {"flag": "", "name": code} for code in settings.languages},
    )
    app.json.sort_keys = False  # type: ignore[attr-defined] # of Flask's own provider: fields stand as they were declared
    folders = [HERE / room / "templates" for room in ("web", "screens", "rest", "studio")]
    folders += [plugin.folder / "templates" for plugin in prepare.loaded().values()]
    app.jinja_loader = ChoiceLoader([FileSystemLoader(folders)])


def _add_views(builder: Builder) -> None:
    """The pages in this order; the generated ones come last, so that a type's name never hides a page."""
    for view in (
        Assets,
        Health,
        Figures,
        Hooks,
        Preferences,
        Sessions,
        Mailbox,
        Portal,
        Approving,
        Begin,
        Join,
        Passwords,
        Help,
    ):
        builder.add_view_no_menu(view)
    rest.register(builder)
    studio.register(builder)
    views = {name: plugin.modules["views"] for name, plugin in prepare.loaded().items() if "views" in plugin.modules}
    screens.register(builder, views)
