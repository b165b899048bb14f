//! The inputs of the key figures.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use quittance_db::{DbError, Tx};
use quittance_kernel::Currency;
use rust_decimal::Decimal;

/// Sums to a date.
#[derive(Debug, Clone)]
pub(crate) struct ToDate {
    pub(crate) invoiced: Decimal,
    pub(crate) paid: Decimal,
    pub(crate) discounted: Decimal,
    pub(crate) credited: Decimal,
}

/// Sums effective on or before a date, by kind.
pub(crate) async fn to_date(tx: &mut Tx, currency: Currency, on: NaiveDate) -> Result<ToDate, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query_as!(
        ToDate,
        r#"select
             coalesce(sum(amount) filter (where kind in ('invoice', 'void')), 0) as "invoiced!",
             coalesce(-sum(amount) filter (where kind in ('settlement', 'settlement_reversal')), 0) as "paid!",
             coalesce(-sum(amount) filter (where kind in ('discount', 'discount_reversal')), 0) as "discounted!",
             coalesce(-sum(amount) filter (where kind = 'credit'), 0) as "credited!"
           from entry
           where tenant_id = $1 and currency = $2 and effective_on <= $3"#,
        tenant,
        currency.code(),
        on,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}

/// Sales (invoices less voids) by month up to a date; the key is the first day of the month.
pub(crate) async fn sales_by_month(
    tx: &mut Tx,
    currency: Currency,
    on: NaiveDate,
) -> Result<BTreeMap<NaiveDate, Decimal>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query!(
        r#"select date_trunc('month', effective_on)::date as "month!", sum(amount) as "sales!"
           from entry
           where tenant_id = $1 and currency = $2 and effective_on <= $3 and kind in ('invoice', 'void')
           group by 1"#,
        tenant,
        currency.code(),
        on,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.month, row.sales)).collect())
}

/// Sales and documents from a date to a date, both included.
pub(crate) async fn sales(
    tx: &mut Tx,
    currency: Currency,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<(Decimal, i32), DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query!(
        r#"select coalesce(sum(amount), 0) as "sales!", count(*)::int as "documents!"
           from entry
           where tenant_id = $1 and currency = $2 and effective_on between $3 and $4 and kind in ('invoice', 'void')"#,
        tenant,
        currency.code(),
        from,
        to,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.sales, row.documents))
}

/// The open balance on a date.
pub(crate) async fn open_total(tx: &mut Tx, currency: Currency, on: NaiveDate) -> Result<Decimal, DbError> {
    let tenant = tx.tenant().uuid();
    let total = sqlx::query_scalar!(
        r#"select coalesce(sum(amount), 0) as "total!" from entry where tenant_id = $1 and currency = $2 and effective_on <= $3"#,
        tenant,
        currency.code(),
        on,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(total)
}

/// Days of items that were paid in full on or before a date: an item is paid on the day of its last settlement.
#[derive(Debug, Clone)]
pub(crate) struct PaidDays {
    pub(crate) items: i32,
    pub(crate) days_late: i64,
    pub(crate) days_to_pay: i64,
}

/// Sums the days of paid items.
pub(crate) async fn paid_days(tx: &mut Tx, currency: Currency, on: NaiveDate) -> Result<PaidDays, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query_as!(
        PaidDays,
        r#"with paid as (
             select issued_on, due_on, max(effective_on) filter (where kind = 'settlement') as paid_on
             from entry
             where tenant_id = $1 and currency = $2 and effective_on <= $3
             group by item_id, issued_on, due_on
             having sum(amount) = 0 and sum(amount) filter (where kind in ('settlement', 'settlement_reversal')) <> 0
           )
           select
             count(*)::int as "items!",
             coalesce(sum(greatest(paid_on - due_on, 0)), 0)::bigint as "days_late!",
             coalesce(sum(paid_on - issued_on), 0)::bigint as "days_to_pay!"
           from paid"#,
        tenant,
        currency.code(),
        on,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row)
}
