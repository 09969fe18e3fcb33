"""What accounts, journals and locks may be."""

from __future__ import annotations

from erp import _l

KINDS: dict[str, str] = {
    "asset": _l("Asset"),
    "liability": _l("Liability"),
    "equity": _l("Equity"),
    "income": _l("Income"),
    "expense": _l("Expense"),
}
USES: dict[str, str] = {
    "receivable": _l("Receivable from customers"),
    "payable": _l("Payable to suppliers"),
    "cash": _l("Cash"),
    "cash_transit": _l("Cash on its way"),
    "cash_difference": _l("Cash too much or missing"),
    "bank": _l("Bank"),
    "mobile_money": _l("Mobile money"),
    "card_clearing": _l("Cards on their way to the bank"),
    "till_clearing": _l("Sales being paid"),
    "stock": _l("Stock"),
    "goods_received": _l("Goods received, not billed"),
    "deposit": _l("Deposits of customers"),
    "tax_payable": _l("Tax on sales"),
    "tax_receivable": _l("Tax on purchases"),
    "withholding": _l("Tax withheld by customers"),
    "sales": _l("Sales"),
    "sales_returns": _l("Returns and credits"),
    "cost_of_goods": _l("Cost of goods sold"),
    "stock_loss": _l("Stock lost and found"),
    "stock_revaluation": _l("Stock revalued"),
    "currency_difference": _l("Currency differences"),
    "rounding": _l("Rounding"),
    "bank_charges": _l("Charges of banks and providers"),
    "expenses": _l("Other expenses"),
    "retained_earnings": _l("Retained earnings"),
    "opening": _l("Opening balances"),
}
"""What statements, rules and other plugins know an account by, whatever its number and name."""
ALLOCATED = frozenset({"receivable", "payable"})
"""Uses whose lines are open until other lines are allocated to them."""
JOURNAL_KINDS: dict[str, str] = {
    "sales": _l("Sales"),
    "purchases": _l("Purchases"),
    "cash": _l("Cash"),
    "bank": _l("Bank"),
    "stock": _l("Stock"),
    "general": _l("General"),
}
LOCKS: dict[str, str] = {
    "all": _l("Everything"),
    "sales": _l("Sales"),
    "purchases": _l("Purchases"),
    "tax": _l("Entries with tax"),
    "final": _l("Everything, for ever"),
}
CASH_FLOWS: dict[str, str] = {
    "operating": _l("Business"),
    "investing": _l("Investments"),
    "financing": _l("Financing"),
}
"""The parts of a cash flow statement (IAS 7)."""
