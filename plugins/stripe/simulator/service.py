"""Stripe's API as far as we use it: forms in, JSON out, keys that are kept for a day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from erp.testing import Asked, Logged, Said, Simulator
from plugins.stripe.simulator import pages
from plugins.stripe.simulator.notices import FAULTS, Endpoint, Notices
from plugins.stripe.simulator.objects import Books, Refused, Thing

KEY_SECONDS = 24 * 3600
SAVED_500 = "saved_500"
"""Fault: carried out not at all, and the failure is kept under the key as Stripe keeps it."""
PENDING_REFUND = "pending_refund"
"""Fault: the refund is accepted and waits for the bank."""


@dataclass
class Kept:
    """What a key was used for, and what was said."""

    what: str
    at: float
    status: int
    body: Any


class StripeSimulator(Simulator):
    """All accounts of a simulated Stripe; a secret key is an account."""

    faults_known = (*Simulator.faults_known, *FAULTS, SAVED_500, PENDING_REFUND)

    def __init__(self, file: Path | None = None) -> None:
        super().__init__()
        self.notices = Notices(self.fault)
        self.books = Books(self.now, self.notices.put)
        self.kept: dict[tuple[str, str], Kept] = {}
        self._file = file
        self.address = ""
        if file is not None and file.exists():
            self._remember(json.loads(file.read_text()))

    def _remember(self, held: Mapping[str, Any]) -> None:
        """What a simulator kept that ran before."""
        for name in ("sessions", "intents", "refunds"):
            getattr(self.books, name).update(held.get(name, {}))
        self.notices.endpoints.extend(Endpoint(**each) for each in held.get("endpoints", ()))
        self.kept.update({(each.pop("account"), each.pop("key")): Kept(**each) for each in held.get("kept", ())})

    def _keep(self) -> None:
        """Write down what has to outlive this process."""
        if self._file is None:
            return
        books = self.books
        held = {
            "sessions": books.sessions, "intents": books.intents, "refunds": books.refunds,
            "endpoints": [asdict(each) for each in self.notices.endpoints],
            "kept": [{"account": account, "key": key, **asdict(each)} for (account, key), each in self.kept.items()],
        }  # fmt: skip
        made = self._file.with_suffix(".new")
        made.write_text(json.dumps(held))
        made.replace(self._file)

    def connect(self, credentials: Mapping[str, str], webhook: str) -> None:
        """An account is its secret key."""
        account, secret = credentials["secret_key"], credentials["webhook_secret"]
        self.notices.endpoints[:] = [each for each in self.notices.endpoints if each.account != account]
        if webhook:
            self.notices.endpoints.append(Endpoint(account, webhook, secret))
        self._keep()

    def state(self) -> Any:
        """Sessions, intents, refunds, events and what was sent of them."""
        books = self.books
        return {
            "sessions": books.sessions, "intents": books.intents, "refunds": books.refunds, "events": books.events,
            "sent": [asdict(each) for each in self.notices.sent], "keys": [key for _account, key in self.kept],
        }  # fmt: skip

    def forget(self) -> None:
        """No account has anything."""
        for held in (self.books.sessions, self.books.intents, self.books.refunds, self.kept):
            held.clear()
        self.books.events.clear()
        self.books.fee_permille = 0
        self.notices.forget()

    def administer(self, asked: Asked) -> Said:
        """Besides what every simulator has: where events go, what a bank says to a refund, what a payment costs."""
        if asked.line == "POST /_sim/webhooks":
            with self.lock:
                self.notices.endpoints.append(Endpoint(**json.loads(asked.body)))
            return Said(200, {})
        if asked.line == "POST /_sim/fees":
            with self.lock:
                self.books.fee_permille = json.loads(asked.body)["permille"]
            return Said(200, {})
        if asked.line == "POST /_sim/settle":
            said = json.loads(asked.body)
            with self.lock:
                return Said(200, self.books.settle(self.books.refunds[said["refund"]], said["status"]))
        return super().administer(asked)

    def handle(self, asked: Asked, logged: Logged) -> Said:
        """The API below `/v1/`, the customer's pages elsewhere."""
        try:
            said = self._api(asked, logged) if asked.path.startswith("/v1/") else pages.answer(self.books, asked)
        except Refused as refused:
            said = Said(refused.status, refused.body)
        if asked.method == "POST":
            self._keep()
        return said

    # -- the API --------------------------------------------------------------------------------------------

    def _api(self, asked: Asked, logged: Logged) -> Said:
        account = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not account.startswith("sk_test_"):
            raise Refused(401, "invalid_request_error", "Invalid API Key provided.")
        if asked.method != "POST" or not logged.key:
            return self._carried_out(account, asked)
        what = json.dumps([asked.path, sorted(asked.sent.items())])
        kept = self.kept.get((account, logged.key))
        if kept is not None and kept.at + KEY_SECONDS > self.now():
            if kept.what != what:
                message = "Keys for idempotent requests can only be used with the same parameters."
                raise Refused(400, "idempotency_error", message)
            logged.is_replay = True
            return Said(kept.status, kept.body, {"Idempotent-Replayed": "true"})
        said = self._first(account, asked)
        self.kept[account, logged.key] = Kept(what, self.now(), said.status, said.body)
        return said

    def _first(self, account: str, asked: Asked) -> Said:
        if self.fault(asked.line, SAVED_500):
            return Said(500, {"error": {"type": "api_error", "message": "An error occurred on Stripe's side."}})
        try:
            return self._carried_out(account, asked)
        except Refused as refused:
            return Said(refused.status, refused.body)

    def _carried_out(self, account: str, asked: Asked) -> Said:
        match asked.method, *asked.path.strip("/").split("/")[1:]:
            case "POST", "checkout", "sessions":
                return _shown(self.books.new_session(account, self._session(asked.sent)), self.address)
            case _, "checkout", "sessions", page_id, *rest:
                page = self.books.find(self.books.sessions, page_id, account)
                return _shown(self.books.expire(page) if rest == ["expire"] else page, self.address)
            case "GET", "payment_intents":
                return self._intents(account, asked.sent)
            case _, "payment_intents", intent_id, *rest:
                return self._intent(self.books.find(self.books.intents, intent_id, account), rest, asked.sent)
            case "POST", "refunds":
                return self._refund(account, asked)
            case "GET", "refunds", *rest:
                return self._refunds(account, rest, asked.sent)
            case "GET", "events":
                events = [each for each in self.books.events if each["_account"] == account]
                return _listed(reversed(events), asked.sent, "/v1/events")
            case _:
                raise Refused(404, "invalid_request_error", f"Unrecognized request URL ({asked.line}).")

    def _session(self, sent: Mapping[str, str]) -> Thing:
        if "line_items[0][price_data][unit_amount]" not in sent:
            raise Refused(400, "invalid_request_error", "Missing required param: line_items.", param="line_items")
        item, intent = "line_items[0]", "payment_intent_data"
        return {
            "mode": sent["mode"],
            "amount_total": int(sent[f"{item}[price_data][unit_amount]"]) * int(sent[f"{item}[quantity]"]),
            "currency": sent[f"{item}[price_data][currency]"],
            "expires_at": int(sent.get("expires_at") or self.now() + KEY_SECONDS),
            "success_url": sent["success_url"],
            "cancel_url": sent.get("cancel_url", ""),
            "metadata": _nested(sent, "metadata"),
            "client_reference_id": sent.get("client_reference_id"),
            "_what": sent.get(f"{item}[price_data][product_data][name]", ""),
            "_capture_method": sent.get(f"{intent}[capture_method]", "automatic"),
            "_intent_metadata": _nested(sent, f"{intent}[metadata]"),
        }

    def _intent(self, intent: Thing, rest: list[str], sent: Mapping[str, str]) -> Said:
        if rest == ["capture"]:
            self.books.capture(intent, int(sent["amount_to_capture"]) if "amount_to_capture" in sent else None)
        elif rest == ["cancel"]:
            self.books.cancel(intent)
        elif rest:
            raise Refused(404, "invalid_request_error", "Unrecognized request URL.")
        is_whole = "latest_charge.balance_transaction" in {sent.get("expand[0]"), sent.get("expand[]")}
        return Said(200, _plain(self.books.with_balance(intent) if is_whole else intent))

    def _intents(self, account: str, sent: Mapping[str, str]) -> Said:
        low, high = int(sent.get("created[gte]", 0)), int(sent.get("created[lte]", 1 << 40))
        found = [
            each
            for each in reversed(self.books.intents.values())
            if each["_account"] == account and low <= each["created"] <= high
        ]
        return _listed(found, sent, "/v1/payment_intents")

    def _refund(self, account: str, asked: Asked) -> Said:
        intent = self.books.find(self.books.intents, asked.sent.get("payment_intent", ""), account)
        amount = int(asked.sent["amount"]) if "amount" in asked.sent else None
        waits = self.fault(asked.line, PENDING_REFUND) is not None
        return Said(200, _plain(self.books.refund(intent, amount, _nested(asked.sent, "metadata"), pending=waits)))

    def _refunds(self, account: str, rest: list[str], sent: Mapping[str, str]) -> Said:
        if rest:
            return Said(200, _plain(self.books.find(self.books.refunds, rest[0], account)))
        found = [
            each
            for each in reversed(self.books.refunds.values())
            if each["_account"] == account and sent.get("payment_intent") in {None, each["payment_intent"]}
        ]
        return _listed(found, sent, "/v1/refunds")


def _plain(thing: Thing) -> Thing:
    return {name: value for name, value in thing.items() if not name.startswith("_")}


def _shown(page: Thing, address: str) -> Said:
    url = f"{address}/pay/{page['id']}" if page["status"] == "open" else None
    return Said(200, {**_plain(page), "url": url})


def _listed(found: Iterable[Thing], sent: Mapping[str, str], url: str) -> Said:
    """A page of a list, the newest first: `limit` of what stands behind `starting_after`."""
    left, limit = list(found), min(int(sent.get("limit", 10)), 100)
    if after := sent.get("starting_after"):
        left = left[[each["id"] for each in left].index(after) + 1 :]
    page = [_plain(each) for each in left[:limit]]
    return Said(200, {"object": "list", "data": page, "has_more": len(left) > limit, "url": url})


def _nested(sent: Mapping[str, str], name: str) -> dict[str, str]:
    """The fields `name[key]` of a form."""
    begin = f"{name}["
    own = {key.removeprefix(begin): value for key, value in sent.items() if key.startswith(begin)}
    return {key.removesuffix("]"): value for key, value in own.items() if "[" not in key}
