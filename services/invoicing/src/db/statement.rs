//! Statements of account: a customer's items and credits together. What only moves between the two, the application of a credit and its reversal, has one
//! entry on each side, of the same amount and effective date: both are left out.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    DbError, Tx,
    row::{known, money},
};
use quittance_kernel::{CreditId, Currency, CustomerId, ItemId, Money};

use crate::domain::{CreditEntryKind, EntryKind, Moved, Movement};

/// A customer's balance in one currency before a date, as known at an instant, or now. An entry is known from the time of the position of its event, which is
/// recorded with it, about its item, its document or its credit.
pub(crate) async fn balance_before(
    tx: &mut Tx,
    customer: CustomerId,
    currency: Currency,
    date: NaiveDate,
    known_at: Option<DateTime<Utc>>,
) -> Result<Money, DbError> {
    let sum = sqlx::query_scalar!(
        r#"select coalesce((
               select sum(e.amount)
               from entry e
               where e.tenant_id = $1 and e.customer_id = $2 and e.currency = $3 and e.effective_on < $4
                 and ($5::timestamptz is null or (
                   select was_known($1, e.recorded_at, array['items/' || o.id, 'invoices/' || coalesce(o.document_id, o.id), 'credits/' || e.source_id], $5)
                   from open_item o
                   where o.tenant_id = $1 and o.id = e.item_id))), 0)
             - coalesce((
               select sum(e.amount)
               from customer_credit_entry e
               where e.tenant_id = $1 and e.customer_id = $2 and e.currency = $3 and e.effective_on < $4
                 and ($5::timestamptz is null or (
                   select was_known($1, e.recorded_at, array['credits/' || e.credit_id, 'invoices/' || n.invoice_id], $5)
                   from credit_note n
                   where n.tenant_id = $1 and n.id = e.credit_id))), 0)
             as "sum!""#,
        tx.tenant().uuid(),
        customer.uuid(),
        currency.code(),
        date,
        known_at,
    )
    .fetch_one(&mut **tx)
    .await?;
    money("entry", customer.uuid(), sum, currency)
}

/// A customer's movements in one currency between two dates, both included, by effective date and recorded time, as known at an instant, or now (see
/// [`balance_before`]).
pub(crate) async fn movements(
    tx: &mut Tx,
    customer: CustomerId,
    currency: Currency,
    (from, to): (NaiveDate, NaiveDate),
    known_at: Option<DateTime<Utc>>,
    limit: i64,
) -> Result<Vec<Movement>, DbError> {
    let rows = sqlx::query!(
        r#"select e.id as "id!", e.item_id as "of!", false as "is_credit!", e.kind as "kind!", e.amount as "amount!",
             e.effective_on as "effective_on!", e.recorded_at as "recorded_at!", o.number as "number!"
           from entry e
           join open_item o on o.tenant_id = e.tenant_id and o.id = e.item_id
           where e.tenant_id = $1 and e.customer_id = $2 and e.currency = $3 and e.effective_on between $4 and $5
             and not (e.kind in ('credit', 'credit_reversal') and (
               e.source_id is null or exists (select from customer_credit c where c.tenant_id = $1 and c.id = e.source_id)))
             and ($7::timestamptz is null or was_known($1, e.recorded_at,
               array['items/' || o.id, 'invoices/' || coalesce(o.document_id, o.id), 'credits/' || e.source_id], $7))
           union all
           select e.id, e.credit_id, true, e.kind, -e.amount, e.effective_on, e.recorded_at, c.number
           from customer_credit_entry e
           join customer_credit c on c.tenant_id = e.tenant_id and c.id = e.credit_id
           join credit_note n on n.tenant_id = e.tenant_id and n.id = e.credit_id
           where e.tenant_id = $1 and e.customer_id = $2 and e.currency = $3 and e.effective_on between $4 and $5
             and e.kind not in ('applied', 'application_reversal')
             and ($7::timestamptz is null or was_known($1, e.recorded_at, array['credits/' || e.credit_id, 'invoices/' || n.invoice_id], $7))
           order by 6, 7, 1
           limit $6"#,
        tx.tenant().uuid(),
        customer.uuid(),
        currency.code(),
        from,
        to,
        limit,
        known_at,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            let moved = if row.is_credit {
                let kind = known("customer_credit_entry", row.id, "kind", CreditEntryKind::parse(&row.kind))?;
                Moved::Credit(CreditId::new(row.of), kind)
            } else {
                Moved::Item(ItemId::new(row.of), known("entry", row.id, "kind", EntryKind::parse(&row.kind))?)
            };
            Ok(Movement {
                effective_on: row.effective_on,
                recorded_at: row.recorded_at,
                moved,
                number: row.number,
                amount: money("entry", row.id, row.amount, currency)?,
            })
        })
        .collect()
}
