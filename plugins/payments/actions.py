"""What goes to the provider: asked in the transaction that decides it, sent by a worker, recorded exactly once."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from erp import Call, Letter, _, clock, company, current, i18n, session
from plugins.payments.ledger import locked, post
from plugins.payments.models import Payment, Refund
from plugins.payments.providers import Request, provider
from plugins.payments.reviews import open_review
from plugins.payments.takeover import MARK, move, take_over

ATTEMPTS = 12
"""Six hours and a half, with growing pauses; what is not clear by then is looked at by a person."""


def facts(payment: Payment) -> Request:
    """What every request says of its payment."""
    return {
        "provider": payment.provider,
        "payment": payment.id,
        "reference": payment.provider_reference,
        "page": payment.page_reference,
        "currency": payment.currency,
        "asked_at": clock.now().isoformat(),
    }


class AtProvider(Call):
    """Base of the calls about one payment."""

    attempts = ATTEMPTS
    payment: Payment

    def record(self, answer: Any) -> None:
        """The provider's answer is its whole view of the payment, so a second one adds nothing."""
        self.payment.under_way = ""
        take_over(self.payment, answer)

    def failed(self, code: str, message: str) -> None:
        """A definite no is shown at the payment; what is not clear goes to whoever looks after payments."""
        self.payment.under_way, self.payment.failure = "", message[:300]
        if not code:
            what = _("The provider did not answer: %(reason)s", reason=message)
            open_review("uncertain", what, payment=self.payment, reference=self.payment.provider_reference)


class OpenPage(Call):
    """Make the page on which a customer pays by card."""

    payment: Payment
    address: str
    """Where the customer comes back to."""

    attempts = 4

    def request(self) -> Request:
        """The amount, and whether it is only held."""
        payment = self.payment
        return {
            **facts(payment),
            "amount": str(payment.asked_amount),
            "hold": payment.purpose == "deposit",
            "what": payment.subject_number,
            "email": getattr(payment.party, "email", None) or "",
            "address": self.address,
            "language": current().language,
        }

    def send(self, request: Request, key: str) -> Any:
        """Once for a key."""
        return provider(request["provider"]).open_page(request, key)

    def record(self, answer: Any) -> None:
        """Where to send the customer."""
        self.payment.page_reference, self.payment.page_url = answer["reference"], answer["url"]
        self.payment.page_until = datetime.fromisoformat(answer["until"])

    def failed(self, code: str, message: str) -> None:
        """Nothing was asked of anybody, so nothing is paid."""
        self.payment.failure = message[:300]
        post(self.payment, "failed", Decimal(0), note=f"{code}: {message}" if code else message)


class MailPayPage(Letter):
    """Mail a customer the link by which they pay by card."""

    payment: Payment
    address_of_page: str

    def address(self) -> str:
        """The customer's."""
        return self.payment.party.email or ""

    def language(self) -> str:
        """The customer's, else the company's."""
        return self.payment.party.language or company().language

    def about(self) -> str:
        """The payment's number."""
        return self.payment.number or ""

    def content(self) -> tuple[str, str]:
        """The amount, what it is for and the link."""
        payment = self.payment
        subject = _("%(company)s: your payment for %(number)s", company=company().name, number=payment.subject_number)
        text = _(
            "Please pay %(amount)s for %(number)s by card here:\n\n%(link)s\n\n"
            "Your card's number is typed at our payment provider and never comes to us.",
            amount=i18n.format_money(payment.asked_amount, payment.currency),
            number=payment.subject_number,
            link=self.address_of_page,
        )
        return subject, text

    def record(self, answer: Any) -> None:
        """Sent; nothing of the payment changes."""

    def failed(self, _code: str, message: str) -> None:
        """Said at the payment, for whoever looks at it."""
        self.payment.failure = _("The mail with the link was not taken: %(why)s", why=message)[:300]


class CapturePayment(AtProvider):
    """Take what is held on a card, or a part of it."""

    payment: Payment
    amount: Decimal

    def request(self) -> Request:
        """How much of which."""
        return {**facts(self.payment), "amount": str(self.amount)}

    def send(self, request: Request, key: str) -> Any:
        """Once for a key."""
        return provider(request["provider"]).capture(request, key)


class ReleasePayment(AtProvider):
    """Give up what is held on a card, or close a page nobody has paid on."""

    payment: Payment

    def request(self) -> Request:
        """Which, and whether anything is held on it."""
        return {**facts(self.payment), "held": self.payment.status == "authorised"}

    def send(self, request: Request, key: str) -> Any:
        """Once for a key."""
        return provider(request["provider"]).release(request, key)


class ReadPayment(AtProvider):
    """Compare a payment with what the provider has."""

    payment: Payment
    adopt: bool = False
    """Whether refunds made elsewhere are taken over; whoever decided so stands in the review."""

    attempts = 4

    def request(self) -> Request:
        """Which."""
        return facts(self.payment)

    def send(self, request: Request, _key: str) -> Any:
        """Reading changes nothing."""
        return provider(request["provider"]).read(request)

    def record(self, answer: Any) -> None:
        """Take over what is new."""
        take_over(self.payment, answer, adopt=self.adopt)

    def failed(self, code: str, message: str) -> None:
        """The next look may work; what the provider does not know at all is for a person."""
        self.payment.looked_at = clock.now()
        if code:
            open_review("differs", message, payment=self.payment, reference=self.payment.provider_reference)


class RefundPayment(Call):
    """Give money back to the card it came from."""

    attempts = ATTEMPTS
    refund: Refund

    def request(self) -> Request:
        """How much of which payment, and why."""
        refund = self.refund
        return {
            **facts(refund.payment),
            "amount": str(refund.refund_amount),
            "mark": f"{MARK}{refund.id}",
            "reason": refund.reason,
        }

    def send(self, request: Request, key: str) -> Any:
        """Once for a key."""
        return provider(request["provider"]).refund(request, key)

    def record(self, answer: Any) -> None:
        """The provider's whole view of the payment, this refund in it."""
        take_over(locked(self.refund.payment.id), answer)

    def failed(self, code: str, message: str) -> None:
        """A definite no frees the money; without one it stays reserved until somebody has looked."""
        payment = locked(self.refund.payment.id)
        session().refresh(self.refund)
        if code:
            move(payment, self.refund, "failed", message)
            return
        what = _("%(number)s: the provider did not answer: %(reason)s", number=self.refund.number or "", reason=message)
        open_review(
            "uncertain", what, payment=payment, amount=self.refund.refund_amount, reference=f"{MARK}{self.refund.id}"
        )
