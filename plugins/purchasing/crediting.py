"""What a supplier's credit note is compared with, and what it posts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from erp import Invalid, _, currency, i18n, money, session
from plugins.accounting.api import Part, Posting, allocate, keeps_books, post, refuse_locked
from plugins.purchasing import progress
from plugins.purchasing.billing import JOURNAL, own_count
from plugins.purchasing.bills import SupplierBill, SupplierBillLine
from plugins.purchasing.credits import COUNTED, MISSING, OTHER, PRICE, RETURNED, Standing, standing
from plugins.purchasing.credits import SupplierCreditNote as Note
from plugins.purchasing.credits import SupplierCreditNoteLine as NoteLine
from plugins.purchasing.deliveries import GoodsReceipt, SupplierReturn, refuse
from plugins.purchasing.models import ZERO, PurchaseOrderLine
from plugins.purchasing.parts import Paper, account_of
from plugins.purchasing.receiving import locked, look_again
from plugins.stock.api import Charge, Source, charge
from plugins.stock.models import StockMove

CREDITED = "supplier_credit_received"
# -- compared ----------------------------------------------------------------------------------------------


def match(note: Note) -> None:
    """Keep on the note what is credited too little, and what for nothing that was ordered.

    Raises Invalid for more than was billed, came back or is missing, without lines, or in a locked period.
    """
    if not note.lines:
        raise Invalid(fields={"lines": _("Add at least one line.")})
    refuse_locked(JOURNAL, note.credited_on, "credited_on")
    note.refuse_wrong()
    at, short, unordered, said = _held(note), ZERO, ZERO, []
    refuse(dict(_beyond(note, at)))
    for line in note.lines:
        if line.order_line_id is None:
            unordered += progress.in_books(line.net, note.currency)
        if line.order_line_id is None or line.reason not in COUNTED:
            continue
        asked, given = at.asked(line.order_line_id), line.net / line.quantity
        if money.rounded(asked, note.currency) > money.rounded(given, note.currency):
            short += progress.in_books(money.rounded((asked - given) * line.quantity, note.currency), note.currency)
            said.append(
                _("%(line)s: %(given)s each is credited, %(asked)s was billed.", line=line.description,
                  given=i18n.format_money(money.rounded(given, note.currency), note.currency),
                  asked=i18n.format_money(money.rounded(asked, note.currency), note.currency))
            )  # fmt: skip
    if unordered:
        amount = i18n.format_money(unordered, currency())
        said.append(_("%(amount)s are for nothing that was ordered.", amount=amount))
    note.short_amount, note.unordered_amount, note.mismatch = short, unordered, "\n".join(said) or None


def _held(note: Note) -> Standing:
    """How its order stands, held until the end of this transaction."""
    if note.order_id is not None:
        locked(note.order_id)
    return standing(note)


def _beyond(note: Note, at: Standing) -> Iterator[tuple[str, str]]:
    """(field, what is wrong) of lines that credit more than there is to credit; `at` stays as it is."""
    at = replace(at, counted=dict(at.counted))
    lowered = {key: each.credited_net for key, each in at.stands.items()}
    of_bill = _left_of(note.bill) if note.bill is not None else None
    for place, line in enumerate(note.lines):
        if of_bill is not None and line.net > of_bill:
            amount = i18n.format_money(of_bill, note.currency)
            yield f"lines-{place}-unit_price", _("Only %(amount)s of the bill are not credited yet.", amount=amount)
        of_bill = None if of_bill is None else max(of_bill - line.net, ZERO)
        key = line.order_line_id
        if key is None:
            continue
        if line.reason in COUNTED and line.quantity > (left := at.creditable(key, line.reason)):
            count = i18n.format_number(left)
            yield f"lines-{place}-quantity", (
                _("Only %(count)s of it went back and are billed and not credited yet.", count=count)
                if line.reason == RETURNED else _("Only %(count)s of it are billed and never came.", count=count)
            )  # fmt: skip
        at.take(key, line.reason, line.quantity)
        lowered[key] += line.net
        if lowered[key] > at.stands[key].billed_net:
            left = max(at.stands[key].billed_net - lowered[key] + line.net, ZERO)
            amount = i18n.format_money(left, note.currency)
            yield f"lines-{place}-unit_price", _("Only %(amount)s of it is billed and not credited yet.", amount=amount)


def _left_of(bill: SupplierBill) -> Decimal:
    """What of a bill's net no note about it has credited yet."""
    about = sa.select(sa.func.coalesce(sa.func.sum(Note.subtotal), ZERO))
    credited = session().scalars(about.where(Note.bill_id == bill.id, Note.posted_on.is_not(None))).one()
    return max(bill.subtotal - credited, ZERO)


# -- posted ------------------------------------------------------------------------------------------------


def post_note(note: Note) -> None:
    """Owe so much less: settled with its bill, or those of its order; the rest stays open with the supplier.

    Raises Invalid at `credited_on` for a locked day, at `account` where a line is no goods and names none.
    """
    refuse_locked(JOURNAL, note.credited_on, "credited_on")
    at = _held(note)
    refuse(dict(_beyond(note, at)))  # while it waited for somebody, another note may have taken its place
    note.posted_on = note.credited_on
    if keeps_books():
        charges = _post(note, at)
        charge(charges, on=note.credited_on, source=Source(note.__tablename__, note.id, "", note.number or ""))
        for bill_id in _bills(note):
            allocate((note.__tablename__, note.id), (SupplierBill.__tablename__, bill_id))
    if note.order is not None:
        session().flush()
        look_again(note.order, progress.of_order(note.order.id), note)


def _bills(note: Note) -> list[int]:
    """The bill it is about, else those of its order, the oldest first."""
    if note.bill is not None or note.order is None:
        return [note.bill.id] if note.bill is not None else []
    mine = SupplierBill.order_id == note.order.id, SupplierBill.posted_on.is_not(None)
    return list(session().scalars(sa.select(SupplierBill.id).where(*mine).order_by(SupplierBill.id)))


def _post(note: Note, at: Standing) -> list[Charge]:
    paper = Paper(note.supplier.id, note.currency, note.credited_on, "credited_on")
    parts: list[Part] = []
    charges: list[Charge] = []
    went = _went_back(note)
    for line, net in zip(note.lines, paper.in_books([line.net for line in note.lines]), strict=True):
        of = at.ordered.get(line.order_line_id or 0)
        if of is None or not of.is_received or line.reason == OTHER:
            parts.append(paper.part(line, "net", net, line.net, credit=account_of(line)))
        elif line.reason == PRICE:
            parts.append(paper.part(line, "difference", net, line.net))
            if of.product is not None and (count := min(line.quantity, at.stands[of.id].kept)) > 0:
                off = money.portion(net, ZERO, count, line.quantity, currency())
                charges.append(Charge(of.product.id, own_count(of, count), -off))
        else:
            basis = _basis(note, line, of, at, went.get(of.id, ZERO))
            parts += [paper.part(line, "net", basis, line.net), paper.part(line, "difference", net - basis, ZERO)]
            count = min(line.quantity, at.stands[of.id].kept)
            if line.reason == MISSING and of.product is not None and count > 0:
                # the bill put what they were dearer onto what was there
                charges.append(Charge(of.product.id, own_count(of, count), basis - net))
        if of is not None:
            at.take(of.id, line.reason, line.quantity)
    parts += paper.taxes(note.lines)
    post(Posting(
        CREDITED, note.credited_on, note.__tablename__, note.id, parts, text=note.summary, branch_id=note.branch_id,
    ))  # fmt: skip
    return charges


def _basis(note: Note, line: NoteLine, of: PurchaseOrderLine, at: Standing, went: Decimal) -> Decimal:
    """What goods that went back were worth when they left; what those that never came were ordered for."""
    own, before = currency(), at.counted.get((of.id, line.reason), ZERO)
    if line.reason == RETURNED:
        return money.portion(went, before, before + line.quantity, at.stands[of.id].returned, own)
    net = progress.in_books(of.net, of.document.currency, _billed_on(note, of))
    return money.portion(net, before, before + line.quantity, of.quantity, own)


def _billed_on(note: Note, of: PurchaseOrderLine) -> date | None:
    """The day of the bill that took in what never came: the one the note is about, else the last for that line."""
    if note.bill is not None:
        return note.bill.posted_on
    line, head = SupplierBillLine, SupplierBill
    statement = sa.select(sa.func.max(head.posted_on)).join(line, line.document_id == head.id)
    return session().scalar(statement.where(line.order_line_id == of.id))


def _went_back(note: Note) -> dict[int, Decimal]:
    """What all that went back was worth: {line of the order: amount}."""
    if note.order is None:
        return {}
    backs = sa.select(SupplierReturn.id).join(GoodsReceipt, GoodsReceipt.id == SupplierReturn.receipt_id)
    moved = (
        sa.select(StockMove.source_line, sa.func.sum(StockMove.value))
        .where(
            StockMove.source_type == SupplierReturn.__tablename__, StockMove.quantity > 0,
            StockMove.source_id.in_(backs.where(GoodsReceipt.order_id == note.order.id)),
        )
        .group_by(StockMove.source_line)
    )  # fmt: skip
    return {int(key): value for key, value in session().execute(moved)}
