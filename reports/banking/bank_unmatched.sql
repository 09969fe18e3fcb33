with matched as (
    select statement_line_id, journal_line_id from reconciled_line
    join reconciliation on reconciliation.id = reconciled_line.reconciliation_id
    where is_current
),
account as (
    select bank_account.*, coalesce(bank_account.currency, company.currency) as money,
        coalesce(bank_account.currency, company.currency) <> company.currency as is_foreign
    from bank_account cross join company
    where (:bank_account_id is null or bank_account.id = :bank_account_id)
)
select
    account.name as account,
    account.id as account_key,
    'statement' as side,
    line.booked_on as day,
    coalesce(nullif(line.name, ''), nullif(line.text, ''), line.reference) as text,
    'bank_statement' as document_type,
    line.document_id,
    account.money as currency,
    line.amount,
    1 as lines
from bank_statement_line line
join account on account.id = line.bank_account_id
where line.key is not null and line.booked_on <= :until
    and not exists (select from matched where matched.statement_line_id = line.id)
union all
select
    account.name,
    account.id,
    'books',
    entry.entry_date,
    coalesce(nullif(line.text, ''), nullif(entry.text, ''), entry.number),
    'journal_entry',
    entry.id,
    account.money,
    case when account.is_foreign then line.currency_amount else line.amount end,
    1
from journal_line line
join journal_entry entry on entry.id = line.document_id
join account on account.account_id = line.account_id
where entry.entry_date <= :until and (account.matched_from is null or entry.entry_date >= account.matched_from)
    and (line.currency = account.money or not account.is_foreign) and line.amount <> 0
    and not exists (select from matched where matched.journal_line_id = line.id)
