"""A colleague is invited and at work within three minutes, every input counted; the mail is read in the mailbox."""

from __future__ import annotations

import re
import time

import pytest

from erp.jobs import worker
from erp.testing.pytest_plugin import Company
from tests.scenarios.browser import Open, Window

pytestmark = pytest.mark.browser
MINUTES = 3
INPUTS = 16
"""Clicks and filled fields of both people together."""


class Counted:
    """One person's inputs, counted."""

    def __init__(self, window: Window) -> None:
        self.window, self.count = window, 0

    def click(self, selector: str) -> None:
        self.count += 1
        self.window.page.click(selector)

    def fill(self, selector: str, text: str) -> None:
        self.count += 1
        self.window.page.fill(selector, text)


def test_from_the_invitation_to_work_in_three_minutes(company: Company, visit: Open) -> None:
    owner = Counted(visit(company.person("TENANT_OWNER", name="Wanja Kamau")))
    began = time.monotonic()
    owner.click(".mr-side a[href='/people/']")
    owner.click("a[href='/people/invite']")
    owner.fill("[name=name]", "Joyce Achieng")
    owner.fill("[name=email]", "joyce@example.com")
    owner.click("[name=roles][value=Counter]")
    owner.click("main form button.btn-primary")
    owner.window.says("A mail to joyce@example.com is on its way.")
    worker.drain()
    owner.click(".mr-side a[href='/mailbox/']")
    owner.click("main a[href^='/mailbox/']")
    owner.window.says("/join/")
    link = re.search(r"(/join/\S+)", owner.window.text())
    assert link is not None
    joyce = Counted(visit(size="phone"))
    joyce.count += 1
    joyce.window.go(link[1])
    joyce.window.says("Wanja Kamau invites you, Joyce Achieng")
    joyce.fill("[name=username]", f"joyce-{company.place.tenant_id}")
    joyce.fill("[name=password]", "four words of hers")
    joyce.fill("[name=again]", "four words of hers")
    joyce.click("main button.btn-primary")
    joyce.window.says("Welcome, Joyce Achieng.")
    assert time.monotonic() - began < MINUTES * 60
    assert owner.count + joyce.count <= INPUTS
    joyce.window.go("/repair_order/new")
    joyce.window.says("Repair order")


def test_without_scripts_a_password_is_forgotten_and_replaced(company: Company, visit: Open) -> None:
    admin = visit(company.person("TENANT_OWNER", "PLATFORM_ADMIN", name="Anne Chebet"))
    grace = company.person("Counter", name="Grace Njeri")
    hers = visit(size="phone", javascript=False)
    hers.go("/login/")
    hers.page.click("text=Forgot password?")
    hers.page.fill("[name=name]", grace.username)
    hers.page.click("main button")
    hers.says("Look into your mail")
    worker.drain()
    admin.go("/mailbox/")
    admin.page.click("main a[href^='/mailbox/']")
    admin.says("/password/")
    link = re.search(r"(/password/\S+)", admin.text())
    assert link is not None
    hers.go(link[1])
    hers.page.fill("[name=password]", "four new words of hers")
    hers.page.fill("[name=again]", "four new words of hers")
    hers.page.click("main button")
    hers.says("Your password is changed.")
    hers.page.fill("[name=username]", grace.username)
    hers.page.fill("[name=password]", "four new words of hers")
    hers.page.click("main button")
    hers.says("Grace Njeri", at="body")
