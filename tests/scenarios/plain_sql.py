"""What reports must say, asked of the raw tables anew: none of this is the reports' own SQL.

`:t` is the tenant, `:a` and `:b` the first and the last day, `:d` a day. Each is compared row for row, in any order.
"""

from __future__ import annotations

from dataclasses import dataclass

HALF_YEAR, YEAR, WEEK = ("2010-12-01", "2011-06-30"), ("2011-01-01", "2011-06-30"), ("2010-12-06", "2010-12-12")
DAY = "2011-03-31"
"""A report of one day has it twice."""


@dataclass(frozen=True)
class Plain:
    """A report, what it is asked for, which of its columns are compared, and the statement that says the same."""

    name: str
    span: tuple[str, str]
    columns: str
    sql: str

    @property
    def args(self) -> dict[str, str]:
        """As the report's page has them; nothing where it asks for no day."""
        if not self.span[0]:
            return {}
        return {"day": self.span[0]} if self.span[0] == self.span[1] else {"period": "..".join(self.span)}


LINES = """with line as (
  select 1 as sign, s.id, s.sold_on as on_, s.branch_id, s.customer_id, s.country, s.employee, l.product_id, l.quantity,
    l.net, l.tax, l.total, l.cost from sale_line l join sale s on s.id = l.document_id where l.tenant_id = :t
  union all
  select -1, r.id, r.refunded_on, r.branch_id, r.customer_id, r.country, r.employee, l.product_id, l.quantity,
    l.net, l.tax, l.total, l.cost from sale_refund_line l join sale_refund r on r.id = l.document_id where l.tenant_id = :t
) """
SUMS = """count(distinct id) filter (where sign = 1), count(distinct id) filter (where sign = -1), sum(sign * net),
  sum(sign * tax), sum(sign * total), sum(sign * cost), sum(sign * (net - cost))"""
SUMMED = "sales refunds net tax total cost margin"
BETWEEN = "where on_ between :a and :b group by 1"
HOUSE = "(select id from location where tenant_id = :t and kind in ('internal', 'transit'))"
LEDGER = """from journal_line l join journal_entry e on e.id = l.document_id join account a on a.id = l.account_id
  where l.tenant_id = :t"""
CASH = "a.use in ('cash', 'bank', 'mobile_money', 'card_clearing')"
HELD = "a.kind in ('asset', 'liability', 'equity')"
PLAIN = (
    Plain("sales_by_day", HALF_YEAR, f"day {SUMMED}", f"{LINES} select on_, {SUMS} from line {BETWEEN}"),
    Plain("sales_by_country", HALF_YEAR, f"place {SUMMED}", f"{LINES} select country, {SUMS} from line {BETWEEN}"),
    Plain("sales_by_employee", HALF_YEAR, f"who {SUMMED}",
          f"{LINES} select nullif(employee, ''), {SUMS} from line {BETWEEN}"),
    Plain("sales_by_branch", HALF_YEAR, f"branch {SUMMED}",
          f"{LINES} select (select name from branch where id = branch_id), {SUMS} from line {BETWEEN}"),
    Plain("sales_by_customer", HALF_YEAR, f"customer {SUMMED}",
          f"{LINES} select (select name from party where id = customer_id), {SUMS} from line {BETWEEN}, customer_id"),
    Plain("sales_by_product", HALF_YEAR, "product_id quantity net tax cost margin",
          f"{LINES} select product_id, sum(sign * quantity), sum(sign * net), sum(sign * tax), sum(sign * cost),"
          f" sum(sign * (net - cost)) from line {BETWEEN}"),
    Plain("sales_by_payment", HALF_YEAR, "tender payments paid given_back",
          "select coalesce(p.kind, b.kind), p.n, p.paid, coalesce(b.back, 0) from (select kind, count(*) n, sum(amount) paid"
          " from sale_tender t join sale s on s.id = document_id where t.tenant_id = :t and sold_on between :a and :b"
          " group by kind) p full join (select kind, sum(amount) back from sale_refund_tender t join sale_refund r"
          " on r.id = document_id where t.tenant_id = :t and refunded_on between :a and :b group by kind) b using (kind)"),
    Plain("sales_of_a_day", ("2010-12-07",) * 2, "document_id net tax total",
          f"{LINES} select id, sum(sign * net), sum(sign * tax), sum(sign * total) from line where on_ = :a"
          " group by id, sign"),
    Plain("stock_on_hand", ("", ""), "product_id quantity",
          "select product_id, sum(n) from (select product_id, quantity n from stock_move where tenant_id = :t and"
          f" to_location_id in {HOUSE} union all select product_id, -quantity from stock_move where tenant_id = :t and"
          f" from_location_id in {HOUSE}) m group by 1 having sum(n) <> 0"),
    Plain("stock_valuation", (DAY,) * 2, "product_id quantity value",
          "select product_id, sum(sign * quantity), sum(sign * value) from (select product_id, quantity, value,"
          f" (to_location_id in {HOUSE})::int - (from_location_id in {HOUSE})::int as sign from stock_move"
          " where tenant_id = :t and moved_on <= :a) m group by 1"
          " having sum(sign * quantity) <> 0 or sum(sign * value) <> 0"),
    Plain("stock_movements", WEEK, "product_id moved_on quantity",
          "select product_id, moved_on, quantity from stock_move where tenant_id = :t and moved_on between :a and :b"),
    Plain("stock_turnover", YEAR, "product_id sold cost average_value",
          "select * from (select product_id, coalesce(sum(quantity) filter (where sold), 0) as sold,"
          " coalesce(sum(value) filter (where sold), 0) as cost,"
          " (coalesce(sum(sign * value) filter (where moved_on < :a), 0) + sum(sign * value)) / 2 as average"
          f" from (select m.*, (to_location_id in {HOUSE})::int - (from_location_id in {HOUSE})::int as sign, moved_on >= :a and"
          f" from_location_id in {HOUSE} and exists (select from location where id = to_location_id and kind = 'customer')"
          " as sold from stock_move m where tenant_id = :t and moved_on <= :b) m where sign <> 0 group by 1) p"
          " where cost <> 0 or average <> 0"),
    Plain("trial_balance", YEAR, "code opening debit credit closing",
          f"select * from (select a.code, coalesce(sum(amount) filter (where entry_date < :a and {HELD}), 0) o,"
          " coalesce(sum(greatest(amount, 0)) filter (where entry_date between :a and :b), 0) d,"
          " coalesce(sum(greatest(-amount, 0)) filter (where entry_date between :a and :b), 0) c,"
          f" coalesce(sum(amount) filter (where entry_date <= :b and ({HELD} or entry_date >= :a)), 0) {LEDGER} group by 1"
          f" union all select null, sum(amount), 0, 0, sum(amount) {LEDGER} and not {HELD} and entry_date < :a) x"
          " where o <> 0 or d <> 0 or c <> 0"),
    Plain("general_ledger", WEEK, "account_key entry_id debit credit",
          f"select a.id, e.id, nullif(greatest(amount, 0), 0), nullif(greatest(-amount, 0), 0) {LEDGER}"
          f" and entry_date between :a and :b union all select a.id, null, null, null {LEDGER} and entry_date < :a"
          " group by 1 having sum(amount) <> 0"),
    Plain("profit_and_loss", YEAR, "code result",
          f"select * from (select a.code, -sum(amount) s {LEDGER} and not {HELD} and entry_date between :a and :b"
          " group by 1) x where s <> 0"),
    Plain("balance_sheet", (DAY,) * 2, "code assets owed",
          "select code, case when kind = 'asset' then s end, case when kind <> 'asset' then -s end from ("
          f"select a.code, a.kind, sum(amount) s {LEDGER} and {HELD} and entry_date <= :a group by 1, 2"
          f" union all select null, '', sum(amount) {LEDGER} and not {HELD} and entry_date between '2011-01-01' and :a"
          f" union all select null, '', sum(amount) {LEDGER} and not {HELD} and entry_date < '2011-01-01') x where s <> 0"),
    Plain("cash_flow", YEAR, "code came went",
          "select * from (select a.code, sum(greatest(-amount, 0)) came, sum(greatest(amount, 0)) went"
          f" {LEDGER} and not coalesce({CASH}, false) and entry_date between :a and :b and l.document_id in (select"
          f" document_id from journal_line c join account a on a.id = c.account_id where c.tenant_id = :t and {CASH})"
          f" group by 1 having sum(amount) <> 0) x"
          f" union all select a.code, 0, 0 {LEDGER} and {CASH} and entry_date < :a group by 1 having sum(amount) <> 0"),
    Plain("tax_entries", WEEK, "entry_id base amount",
          f"select e.id, -tax_base, -amount {LEDGER} and tax_id is not null and entry_date between :a and :b"),
    Plain("tax_return", YEAR, "tax_id entries base amount",
          f"select tax_id, count(distinct e.id), -sum(tax_base), -sum(amount) {LEDGER} and tax_id is not null"
          " and entry_date between :a and :b group by 1"),
)  # fmt: skip
