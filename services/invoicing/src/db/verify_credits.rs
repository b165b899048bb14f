//! The invariants of credit notes and of the credits that they open.

use quittance_db::{DbError, Found, Tx};

/// The credit notes of an invoice sum to all of it, net and tax, exactly if it is credited, and to less if it is not.
pub(crate) async fn credit_notes(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with noted as (
             select invoice_id as id, sum(net_total) as net_total, sum(tax_total) as tax_total, sum(total) as total, max(id::text) as last_id
             from credit_note
             where tenant_id = $1
             group by invoice_id
           ), compared as (
             select coalesce(c.id, f.id) as id,
               c.total <= i.total and i.state in ('issued', 'credited')
               and (i.state = 'credited') = (c.net_total = i.net_total and c.tax_total = i.tax_total and c.total = i.total)
               and (i.state <> 'credited' or i.credit_note_id::text = c.last_id) as holds
             from noted c
             full join (select id from invoice where tenant_id = $1 and state = 'credited') f on f.id = c.id
             left join invoice i on i.tenant_id = $1 and i.id = coalesce(c.id, f.id)
           ), violations as (
             select id from compared where holds is not true
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'invoice ' || id from violations order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// A credit is over the total of its credit note, and its parts are those of its entries, each reversal one of what it reverses. What remains of it stays
/// within nothing and its amount, on every date.
pub(crate) async fn credits(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with summed as (
             select credit_id, min(currency) as currency, max(currency) as last_currency, min(customer_id::text) as customer_id,
               max(customer_id::text) as last_customer_id,
               coalesce(sum(amount) filter (where kind = 'issued'), 0) as amount,
               coalesce(-sum(amount) filter (where kind in ('applied', 'application_reversal')), 0) as applied,
               coalesce(-sum(amount) filter (where kind in ('written_off', 'write_off_reversal')), 0) as written_off
             from customer_credit_entry
             where tenant_id = $1
             group by credit_id
           ), moved as (
             select credit_id, effective_on, sum(amount) as amount from customer_credit_entry where tenant_id = $1 group by credit_id, effective_on
           ), remained as (
             select credit_id, sum(amount) over (partition by credit_id order by effective_on) as remaining from moved
           ), dated as (
             select credit_id, min(remaining) as least, max(remaining) as most from remained group by credit_id
           ), reversed as (
             select r.credit_id,
               bool_and(o.credit_id is not distinct from r.credit_id and o.amount = -r.amount and o.item_id is not distinct from r.item_id
                 and o.kind = case r.kind when 'application_reversal' then 'applied' else 'written_off' end) as holds
             from customer_credit_entry r
             left join customer_credit_entry o on o.tenant_id = $1 and o.credit_id = r.credit_id and o.id = r.reverses_id
             where r.tenant_id = $1 and r.reverses_id is not null
             group by r.credit_id
           ), compared as (
             select coalesce(c.id, e.credit_id) as id,
               c.amount is not distinct from n.total and c.customer_id is not distinct from n.customer_id and c.issued_on is not distinct from n.issued_on
               and c.currency is not distinct from e.currency and e.currency = e.last_currency
               and c.customer_id::text is not distinct from e.customer_id and e.customer_id = e.last_customer_id
               and c.amount is not distinct from e.amount and c.applied is not distinct from e.applied
               and c.written_off is not distinct from e.written_off
               and d.least >= 0 and d.most <= c.amount and coalesce(r.holds, true) as holds
             from (select * from customer_credit where tenant_id = $1) c
             full join summed e on e.credit_id = c.id
             left join credit_note n on n.tenant_id = $1 and n.id = c.id
             left join dated d on d.credit_id = c.id
             left join reversed r on r.credit_id = c.id
           ), violations as (
             select id from compared where holds is not true
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'credit ' || id from violations order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// The credit entries of an item are those of the credits that were applied to it, date by date. A credit note that a version before credits issued while this
/// one was installed has none: it was applied whole.
pub(crate) async fn applications(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with credited as (
             select e.item_id, e.effective_on, sum(e.amount) as amount
             from entry e
             where e.tenant_id = $1 and e.kind in ('credit', 'credit_reversal')
               and (e.source_id is null or exists (select from customer_credit c where c.tenant_id = $1 and c.id = e.source_id))
             group by e.item_id, e.effective_on
           ), applied as (
             select item_id, effective_on, sum(amount) as amount
             from customer_credit_entry
             where tenant_id = $1 and item_id is not null
             group by item_id, effective_on
           ), compared as (
             select coalesce(c.item_id, a.item_id) as id, bool_and(c.amount is not distinct from a.amount) as holds
             from credited c
             full join applied a on a.item_id = c.item_id and a.effective_on = c.effective_on
             group by 1
           ), violations as (
             select id from compared where not holds
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'item ' || id from violations order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}
