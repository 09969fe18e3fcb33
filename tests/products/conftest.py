"""A browser that posts forms as people do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient


@pytest.fixture
def post() -> Callable[..., Any]:
    """Post a form with the token of a page of the same client."""

    def send(client: FlaskClient, url: str, data: dict[str, Any]) -> Any:
        found = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/inbox/").text)
        assert found is not None
        return client.post(url, data={**data, "csrf_token": found[1]}, content_type="multipart/form-data")

    return send
