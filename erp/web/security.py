"""Flask-AppBuilder's SecurityManager with its screens left out and its answers taken from the acting context."""

from __future__ import annotations

from typing import Any

import flask
from flask import Flask
from flask_appbuilder.security.sqla.manager import SecurityManager as FabSecurityManager

from erp import access, context
from erp.sessions import Proof
from erp.web.credentials import SESSION, TENANT, Person
from erp.web.signing import SecurityApi, SignIn


class SecurityManager(FabSecurityManager):
    """Who is signed in and what they may do; roles hang on the membership, nothing is asked of FAB's own tables."""

    auth_view: SignIn

    def create_limiter(self, app: Flask) -> None:
        """None of Flask-Limiter's: both ways in count together, in `limits`."""

    def register_views(self) -> None:
        """Sign-in, sign-out and tokens; no screens for users, roles, permissions and passwords."""
        self.auth_view = self.appbuilder.add_view_no_menu(SignIn)
        self.appbuilder.add_api(SecurityApi)

    def load_user(self, pk: int | str) -> Person | None:
        """Enter the tenant the cookie names as this person; None when they left it or the session is over."""
        proof = Proof(token=flask.session.get(SESSION, ""))
        acting = access.enter_as(int(pk), flask.session.get(TENANT, 0), source="web", proof=proof)
        return None if acting is None else Person(int(pk), acting.name)

    def load_user_jwt(self, _jwt_header: Any, _jwt_data: Any) -> Person:
        """Whoever the guard has let in with a token."""
        acting = context.current()
        return Person(acting.user_id or 0, acting.name)

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Whether the actor's roles give them this verb on this type; asks no database."""
        return access.can(permission_name.removeprefix("can_"), view_name)

    def is_item_public(self, _permission_name: str, _view_name: str) -> bool:
        """Never: what is public is marked so in the code."""
        return False

    def get_user_menu_access(self, _menu_names: list[str] | None = None) -> set[str]:
        """Nothing: the menu is our own."""
        return set()

    def validate_api_key(self, _api_key_string: str) -> None:
        """Never: keys are checked on the way in, before any view."""
        return

    def auth_user_db(self, *_given: str) -> None:
        """Never: `authenticate` is the only way to check a password."""
        return
