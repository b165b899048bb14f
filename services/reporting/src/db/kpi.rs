//! The inputs of the key figures.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use quittance_db::{DbError, Tx};
use quittance_kernel::Currency;
use rust_decimal::Decimal;

use crate::domain::AsOf;

/// Sums to a date.
#[derive(Debug, Clone)]
pub(crate) struct ToDate {
    pub(crate) invoiced: Decimal,
    pub(crate) paid: Decimal,
    pub(crate) discounted: Decimal,
    pub(crate) credited: Decimal,
    pub(crate) small_differences: Decimal,
    pub(crate) bad_debt: Decimal,
}

/// Sums effective on or before a date, by kind.
pub(crate) async fn to_date(tx: &mut Tx, currency: Currency, as_of: AsOf) -> Result<ToDate, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query_as!(
        ToDate,
        r#"select
             coalesce(sum(amount) filter (where kind in ('invoice', 'void')), 0) as "invoiced!",
             coalesce(-sum(amount) filter (where kind in ('settlement', 'settlement_reversal')), 0) as "paid!",
             coalesce(-sum(amount) filter (where kind in ('discount', 'discount_reversal')), 0) as "discounted!",
             coalesce(-sum(amount) filter (where kind in ('credit', 'credit_applied', 'credit_reversal')), 0) + coalesce((
               select sum(c.amount)
               from credit_entry c
               where c.tenant_id = $1 and c.currency = $2 and c.effective_on <= $3 and ($4::timestamptz is null or c.known_at <= $4)
                 and c.kind in ('issued', 'applied', 'application_reversal')), 0) as "credited!",
             coalesce(-sum(amount) filter (where kind in ('write_off', 'write_off_reversal')), 0) as "small_differences!",
             coalesce(-sum(amount) filter (where kind in ('bad_debt', 'recovery')), 0) as "bad_debt!"
           from entry
           where tenant_id = $1 and currency = $2 and effective_on <= $3 and ($4::timestamptz is null or coalesce(known_at, recorded_at) <= $4)"#,
        tenant,
        currency.code(),
        as_of.on,
        as_of.known_at,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// Sales by month up to a date: what was invoiced, less what is withdrawn. The key is the first day of the month.
pub(crate) async fn sales_by_month(
    tx: &mut Tx,
    currency: Currency,
    as_of: AsOf,
) -> Result<BTreeMap<NaiveDate, Decimal>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query!(
        r#"with invoiced as (
             select date_trunc('month', effective_on)::date as month, sum(amount) as sales
             from entry
             where tenant_id = $1 and currency = $2 and effective_on <= $3 and kind = 'invoice'
               and ($4::timestamptz is null or coalesce(known_at, recorded_at) <= $4)
             group by 1
           ), withdrawn as (
             select date_trunc('month', t.issued_on)::date as month, sum(t.amount) as sales
             from (
               select i.number, e.issued_on, -sum(e.amount) as amount
               from entry e
               join item i on i.tenant_id = $1 and i.id = e.item_id
               where e.tenant_id = $1 and e.currency = $2 and e.effective_on <= $3 and e.kind in ('void', 'credit')
                 and ($4::timestamptz is null or coalesce(e.known_at, e.recorded_at) <= $4)
               group by i.number, e.issued_on
             ) t
             where t.amount = (select sum(w.total) from item w where w.tenant_id = $1 and w.number = t.number)
             group by 1
           )
           select i.month as "month!", i.sales - coalesce(w.sales, 0) as "sales!"
           from invoiced i
           left join withdrawn w on w.month = i.month"#,
        tenant,
        currency.code(),
        as_of.on,
        as_of.known_at,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.month, row.sales)).collect())
}

/// Sales of a period, as its last day knows them.
#[derive(Debug, Clone)]
pub(crate) struct Sales {
    /// What was invoiced in it, less what of it is withdrawn.
    pub(crate) amount: Decimal,
    /// How many they are, each installment for itself.
    pub(crate) documents: i32,
    /// What was withdrawn in the period of what was invoiced before it.
    pub(crate) withdrawn_before: Decimal,
}

/// Sales from a date to the date of the report, both included. A document is withdrawn that was voided, or credited in full: it leaves the period of its issue.
pub(crate) async fn sales(tx: &mut Tx, currency: Currency, from: NaiveDate, as_of: AsOf) -> Result<Sales, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query_as!(
        Sales,
        r#"with invoiced as (
             select coalesce(sum(amount), 0) as amount, count(*) as documents
             from entry
             where tenant_id = $1 and currency = $2 and effective_on between $3 and $4 and kind = 'invoice'
               and ($5::timestamptz is null or coalesce(known_at, recorded_at) <= $5)
           ), reversed as (
             select i.number, e.issued_on, -sum(e.amount) as amount, coalesce(-sum(e.amount) filter (where e.effective_on >= $3), 0) as in_period
             from entry e
             join item i on i.tenant_id = $1 and i.id = e.item_id
             where e.tenant_id = $1 and e.currency = $2 and e.effective_on <= $4 and e.kind in ('void', 'credit')
               and ($5::timestamptz is null or coalesce(e.known_at, e.recorded_at) <= $5)
             group by i.number, e.issued_on
           ), withdrawn as (
             select coalesce(sum(t.amount) filter (where t.issued_on >= $3), 0) as amount, count(*) filter (where t.issued_on >= $3) as documents,
               coalesce(sum(t.in_period) filter (where t.issued_on < $3), 0) as before
             from reversed t
             where t.amount = (select sum(w.total) from item w where w.tenant_id = $1 and w.number = t.number)
           )
           select i.amount - w.amount as "amount!", (i.documents - w.documents)::int as "documents!", w.before as "withdrawn_before!"
           from invoiced i, withdrawn w"#,
        tenant,
        currency.code(),
        from,
        as_of.on,
        as_of.known_at,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// The open balance on a date.
pub(crate) async fn open_total(tx: &mut Tx, currency: Currency, as_of: AsOf) -> Result<Decimal, DbError> {
    let tenant = tx.tenant().uuid();
    let total = sqlx::query_scalar!(
        r#"select coalesce(sum(amount), 0) as "total!"
           from entry
           where tenant_id = $1 and currency = $2 and effective_on <= $3 and ($4::timestamptz is null or coalesce(known_at, recorded_at) <= $4)"#,
        tenant,
        currency.code(),
        as_of.on,
        as_of.known_at,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(total)
}

/// Days of items that were paid in full on or before a date: an item is paid on the day of its last settlement. One of which something is bad debt is not.
#[derive(Debug, Clone)]
pub(crate) struct PaidDays {
    pub(crate) items: i32,
    pub(crate) days_late: i64,
    pub(crate) days_to_pay: i64,
}

/// Sums the days of paid items.
pub(crate) async fn paid_days(tx: &mut Tx, currency: Currency, as_of: AsOf) -> Result<PaidDays, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query_as!(
        PaidDays,
        r#"with extended as (
             select item_id, max(due_on) as due_on
             from due_date_extension
             where tenant_id = $1 and effective_on <= $3 and ($4::timestamptz is null or coalesce(known_at, recorded_at) <= $4)
             group by item_id
           ), closed as (
             select item_id, issued_on, due_on, max(effective_on) filter (where kind = 'settlement') as paid_on
             from entry
             where tenant_id = $1 and currency = $2 and effective_on <= $3
               and ($4::timestamptz is null or coalesce(known_at, recorded_at) <= $4)
             group by item_id, issued_on, due_on
             having sum(amount) = 0 and sum(amount) filter (where kind in ('settlement', 'settlement_reversal')) <> 0
               and coalesce(sum(amount) filter (where kind in ('bad_debt', 'recovery')), 0) = 0
           ), paid as (
             select c.issued_on, coalesce(x.due_on, c.due_on) as due_on, c.paid_on
             from closed c
             left join extended x on x.item_id = c.item_id
           )
           select
             count(*)::int as "items!",
             coalesce(sum(greatest(paid_on - due_on, 0)), 0)::bigint as "days_late!",
             coalesce(sum(paid_on - issued_on), 0)::bigint as "days_to_pay!"
           from paid"#,
        tenant,
        currency.code(),
        as_of.on,
        as_of.known_at,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}
