"""What a paper of a supplier posts for its lines: nets and taxes, in the books' currency on its day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from erp import Invalid, _, currency
from plugins.accounting.api import Part
from plugins.currencies.api import RateMissing, converted_each
from plugins.purchasing.bills import SupplierBillLine
from plugins.purchasing.credits import SupplierCreditNoteLine
from plugins.taxes.api import rows

PaperLine = SupplierBillLine | SupplierCreditNoteLine


@dataclass(frozen=True, slots=True)
class Paper:
    """Whose paper it is, in which currency and of which day."""

    supplier_id: int
    currency: str
    on: date
    at: str
    """The field of its day."""
    due_on: date | None = None

    @property
    def is_foreign(self) -> bool:
        """Whether it is in another currency than the books."""
        return self.currency != currency()

    def in_books(self, amounts: Sequence[Decimal]) -> list[Decimal]:
        """Parts of it in the company's currency on its day; raises Invalid where there is no rate."""
        if not self.is_foreign:
            return list(amounts)
        try:
            return converted_each(list(amounts), self.currency, currency(), self.on)
        except RateMissing as error:
            raise Invalid(error.message, fields={self.at: error.message}) from error

    def part(
        self, line: PaperLine, name: str, amount: Decimal, foreign: Decimal, *,
        debit: int | None = None, credit: int | None = None,
    ) -> Part:  # fmt: skip
        """An amount of a line, `foreign` in the paper's own currency, on an account of its own where one is given."""
        category = line.product.category if line.product is not None else None
        return Part(
            name, amount, party_id=self.supplier_id, due_on=self.due_on, debit_account_id=debit,
            credit_account_id=credit, product_category_id=category.id if category is not None else None,
            tax_category_id=line.chosen_category(), currency=self.currency if self.is_foreign else "",
            currency_amount=foreign if self.is_foreign else None, text="",
        )  # fmt: skip

    def taxes(self, lines: Sequence[PaperLine]) -> list[Part]:
        """The taxes of all lines, each with what it was taken on."""
        told = [(line, each) for line in lines for each in line.taxes if Decimal(each["base"])]
        amounts = self.in_books([Decimal(each["amount"]) for _line, each in told])
        bases = self.in_books([Decimal(each["base"]) for _line, each in told])
        known = rows() if told else {}
        return [
            Part(
                "tax", amount, party_id=self.supplier_id, due_on=self.due_on, tax_category_id=line.chosen_category(),
                tax_id=known.get((line.chosen_category(), each["name"], each["rate"])), tax_base=base,
                currency=self.currency if self.is_foreign else "",
                currency_amount=Decimal(each["amount"]) if self.is_foreign else None,
            )
            for (line, each), amount, base in zip(told, amounts, bases, strict=True)
        ]  # fmt: skip


def account_of(line: PaperLine) -> int:
    """The account a line that is no goods names; raises Invalid at it where it names none."""
    if line.account is None:
        said = _("Say to which account this goes; it is no goods that came.")
        raise Invalid(said, fields={f"lines-{line.position}-account": said})
    return line.account.id
