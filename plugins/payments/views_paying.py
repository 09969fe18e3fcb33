"""What a customer sees of their payment, before, between and after the provider's page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from erp import _, company, i18n
from plugins.payments.models import Payment

PAID = "paid"
"""What the provider's page says in `back` of somebody who has paid there; whoever left it says something else."""


@dataclass(frozen=True)
class PayPage:
    """payments/pay.html: where a customer's payment stands; `next_url` is gone to by itself after `seconds`."""

    company: str
    title: str
    number: str
    say: str
    kind: str
    """wait | good | bad"""
    next_url: str = ""
    seconds: int = 0
    label: str = ""
    back_url: str = ""


def stand(payment: Payment, own: str, back: str, came_back: str) -> PayPage:
    """The page of a payment at our address `own`; `back` is where the customer came from at first."""
    money = i18n.format_money(payment.asked_amount, payment.currency)
    head: dict[str, Any] = {
        "company": company().name, "title": money, "number": payment.subject_number, "back_url": back,
    }  # fmt: skip
    if payment.paid_amount > 0:
        paid = i18n.format_money(payment.paid_amount, payment.currency)
        return PayPage(**head, say=_("Thank you. %(amount)s is paid.", amount=paid), kind="good")
    if payment.status == "authorised":
        say = _("Thank you. %(amount)s is held on your card. It is taken only when the work is done.", amount=money)
        return PayPage(**head, say=say, kind="good")
    if payment.status != "asked":
        return PayPage(**head, say=_("Nothing was charged, and this page is over. Ask us for a new one."), kind="bad")
    if not payment.page_url:
        say = _("One moment, the card page is being opened.")
        return PayPage(**head, say=say, kind="wait", next_url=own, seconds=1)
    if came_back and payment.failure:
        return PayPage(
            **head, say=_("The card was not accepted: %(why)s", why=payment.failure), kind="bad",
            next_url=payment.page_url, label=_("Try another card"),
        )  # fmt: skip
    if came_back == PAID:
        say = _("Your bank's answer is on its way. This page shows it by itself.")
        return PayPage(**head, say=say, kind="wait", next_url=f"{own}?back={PAID}", seconds=2)
    if came_back:
        say = _("You have not paid yet.")
        return PayPage(**head, say=say, kind="bad", next_url=payment.page_url, label=_("Go to the card page"))
    say = _("You are led to the card page of our payment provider.")
    return PayPage(**head, say=say, kind="wait", next_url=payment.page_url, label=_("Go to the card page"))
