select a.id, a.at, a.actor, a.kind, a.subject, a.subject_id, a.item, a.changes::text as changes
from audit_entry a
where a.at >= :period_begin
    and a.at < :period_end
    and a.subject in (
        'account', 'journal', 'posting_rule', 'fiscal_year', 'fiscal_period', 'ledger_lock', 'journal_voucher',
        'recurring_entry', 'month_end', 'year_end', 'invoice', 'credit_note', 'payment', 'tax', 'tax_category'
    )
