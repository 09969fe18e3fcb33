"""The product as people meet it: served on a free port of this machine and opened in Chromium."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect
from werkzeug.serving import WSGIRequestHandler, make_server

from erp import config
from erp.config import Settings
from erp.screens import stream
from erp.testing.pytest_plugin import PASSWORD, Person
from erp.web.limits import limits
from tests.chromium import PATIENCE

SIZES = {"desktop": (1440, 900), "tablet": (768, 1024), "phone": (390, 844)}


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing: what goes wrong is seen in the browser."""


def whole(app: Flask) -> Callable[[Any, Any], Iterable[bytes]]:
    """Static files are read before they are sent: this server leaves one open when its reader goes away."""

    def run(environ: Any, start_response: Any) -> Iterable[bytes]:
        answer = app(environ, start_response)
        if not environ["PATH_INFO"].startswith("/static/"):
            return answer
        with closing(answer):  # type: ignore[type-var]
            return [b"".join(answer)]

    return run


@pytest.fixture(scope="module")
def address(app: Flask, settings: Settings) -> Iterator[str]:
    """Where the application is served, one thread a request; its mails name this address."""
    server = make_server("127.0.0.1", 0, whole(app), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    with pytest.MonkeyPatch.context() as patch:
        # a page that was left is noticed when the stream next says something
        patch.setattr(stream, "EVERY", 0.2)
        limits.connect(None)
        config.use(replace(settings, port=server.server_port))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        gone = time.monotonic() + 10
        while stream._running and time.monotonic() < gone:
            time.sleep(0.05)
        server.server_close()
        config.use(settings)


@dataclass
class Window:
    """One person before a browser; what the page complains about is collected."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def go(self, address: str) -> Response:
        """Open an address of the application."""
        response = self.page.goto(address)
        assert response is not None
        return response

    def text(self, selector: str = "main") -> str:
        """What stands there."""
        return self.page.locator(selector).first.inner_text()

    def press(self, name: str) -> None:
        """Click the button or link called so in the page itself, once its scripts have run."""
        self.page.wait_for_load_state("domcontentloaded")
        main = self.page.locator("main")
        main.get_by_role("button", name=name).or_(main.get_by_role("link", name=name, exact=True)).first.click()

    def send(self, name: str) -> None:
        """Answer the task with the button called so."""
        self.page.locator("main form button[type=submit], main form button:not([type])").filter(
            has_text=re.compile(rf"^\s*{re.escape(name)}")
        ).last.click()

    def says(self, sentence: str, at: str = "main") -> None:
        """Wait until the page says something and hears keys: its scripts run when it is read whole."""
        expect(self.page.locator(at).first).to_contain_text(sentence)
        self.page.wait_for_load_state("domcontentloaded")

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self.page.locator(f"[name='{name}']").input_value()

    def fetch(self, address: str) -> bytes:
        """A file as this person gets it."""
        answer = self.context.request.get(address)
        assert answer.ok, f"{address}: {answer.status}"
        return answer.body()

    def sign_in(self, person: Person) -> None:
        """By the form, as everybody does."""
        self.go("/login/")
        self.page.fill("[name=username]", person.username)
        self.page.fill("[name=password]", PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector(".mr-side", state="attached")


def middle_of(window: Window, element: str) -> tuple[float, float]:
    """Where an element of the studio's drawing is on the screen."""
    found = window.page.evaluate(
        """id => { const all = [...document.querySelectorAll(`#canvas [data-element-id="${id}"]`)]
        const box = all.find(each => !each.closest('.djs-minimap')).getBoundingClientRect()
        return [box.x + box.width / 2, box.y + box.height / 2] }""",
        element,
    )
    return found[0], found[1]


Open = Callable[..., Window]


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[Open]:
    """Opens windows: `visit(person)` signed in, `visit(size="phone", javascript=False)` a stranger's."""
    windows: list[Window] = []
    with ExitStack() as stack:

        def open_window(
            person: Person | None = None, *, size: str = "desktop", javascript: bool = True, **options: Any
        ) -> Window:
            width, height = SIZES[size]
            context = chromium.new_context(
                base_url=address, viewport={"width": width, "height": height}, java_script_enabled=javascript,
                locale="en-GB", **options,
            )  # fmt: skip
            stack.callback(context.close)
            context.set_default_timeout(PATIENCE)
            window = Window(context, context.new_page())
            window.page.on("pageerror", lambda error: window.complaints.append(str(error)))
            window.page.on("console", lambda line: _heard(window, line))
            windows.append(window)
            if person is not None:
                window.sign_in(person)
            return window

        yield open_window
    assert [each for window in windows for each in window.complaints] == []


def _heard(window: Window, line: Any) -> None:
    """An answer with a status for wrong input is told as an error too; that one is meant."""
    if line.type in {"error", "warning"} and "the server responded with a status of 4" not in line.text:
        window.complaints.append(line.text)
