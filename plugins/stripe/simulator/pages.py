"""The pages a customer sees at the simulated Stripe: the card, and the bank's question."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from erp.testing import Asked, Said
from plugins.stripe.simulator.cards import CARDS
from plugins.stripe.simulator.objects import Books, Thing

HERE = Path(__file__).parent
ZERO_DECIMAL = frozenset({"clp", "jpy", "krw", "pyg", "rwf", "vnd", "xaf", "xof"})
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
FRAME = Template((HERE / "frame.html").read_text())
CARD = Template((HERE / "card.html").read_text())
ASK = Template((HERE / "bank.html").read_text())


def answer(books: Books, asked: Asked) -> Said:
    """`/pay/<session>` and `/bank/<session>`."""
    parts = asked.path.strip("/").split("/")
    page = books.sessions.get(parts[1]) if len(parts) == 2 and parts[0] in {"pay", "bank"} else None
    if page is None:
        return _framed("Nothing here", "<h1>Nothing here</h1><p>This page does not exist.</p>", 404)
    books.find(books.sessions, page["id"], page["_account"])
    if page["status"] != "open":
        return _framed(
            "Over", f'<h1>This page is over</h1><p><a href="{escape(page["success_url"])}">Go back</a></p>', 410
        )
    if parts[0] == "bank":
        return _bank(books, page, asked)
    if asked.method != "POST":
        return _card(page)
    number = "".join(each for each in asked.sent.get("number", "") if each.isdigit())
    if number not in CARDS:
        return _card(page, "Only the test cards below are taken here. Never type a real card's number into a test.")
    outcome = books.pay(page, number)
    if outcome == "challenge":
        return _go(f"/bank/{page['id']}")
    return _go(page["success_url"]) if outcome == "paid" else _card(page, outcome)


def _bank(books: Books, page: Thing, asked: Asked) -> Said:
    if asked.method != "POST":
        body = ASK.substitute(amount=_money(page), what=escape(page["_what"]), left=escape(page["cancel_url"]))
        return _framed("Your bank asks", body)
    outcome = books.challenged(page, passed=asked.sent.get("answer") == "complete")
    return _go(page["success_url"]) if outcome == "paid" else _card(page, outcome)


def _card(page: Thing, error: str = "") -> Said:
    cards = "".join(
        f"<tr><td>{' '.join(number[at : at + 4] for at in range(0, 16, 4))}</td><td>{escape(_says(number))}</td></tr>"
        for number in CARDS
    )
    body = CARD.substitute(
        amount=_money(page), what=escape(page["_what"]), left=escape(page["cancel_url"]), cards=cards,
        error=f'<p class="bad" role="alert">{escape(error)}</p>' if error else "",
        verb="Hold" if page["_capture_method"] == "manual" else "Pay",
    )  # fmt: skip
    action = _framed("Pay by card", body.replace('method="post"', f'method="post" action="/pay/{page["id"]}"'))
    return Said(402 if error else 200, action.body, action.headers, action.content_type)


def _says(number: str) -> str:
    card = CARDS[number]
    if card.asks:
        return "the bank asks back"
    if card.refund_fails:
        return "pays; refunds fail later"
    return card.decline_code.replace("_", " ") or card.code.replace("_", " ") or "pays"


def _money(page: Thing) -> str:
    places = 0 if page["currency"] in ZERO_DECIMAL else 3 if page["currency"] in THREE_DECIMAL else 2
    return f"{page['currency'].upper()} {Decimal(page['amount_total']).scaleb(-places):,.{places}f}"


def _go(url: Any) -> Said:
    return Said(303, "", {"Location": str(url)}, "text/html; charset=utf-8")


def _framed(title: str, body: str, status: int = 200) -> Said:
    return Said(status, FRAME.substitute(title=title, body=body), {}, "text/html; charset=utf-8")
