//! Accounting periods.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    Column, DbError, List, Place, Tx, Window, expect_rows,
    row::{money, stored},
};
use quittance_kernel::{Currency, PeriodId};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::{Period, PeriodBalance, Reopened};

const TABLE: &str = "accounting_period";
const BALANCES: &str = "accounting_period_balance";

struct Row {
    id: Uuid,
    start_on: Option<NaiveDate>,
    end_on: NaiveDate,
    closed_at: DateTime<Utc>,
    reopened_at: Option<DateTime<Utc>>,
    reopen_reason: Option<String>,
}

impl Row {
    fn period(self, balances: Vec<PeriodBalance>) -> Period {
        let reopened = self.reopened_at.zip(self.reopen_reason).map(|(at, reason)| Reopened { at, reason });
        Period {
            id: PeriodId::new(self.id),
            start_on: self.start_on,
            end_on: self.end_on,
            balances,
            closed_at: self.closed_at,
            reopened,
        }
    }
}

fn balance(id: Uuid, currency: &str, items: Decimal, credits: Decimal) -> Result<PeriodBalance, DbError> {
    let currency = stored(BALANCES, id, Currency::parse(currency))?;
    Ok(PeriodBalance { items: money(BALANCES, id, items, currency)?, credits: money(BALANCES, id, credits, currency)? })
}

/// The last closed day; `None` if all are open. Until the transaction ends no period is closed or reopened.
pub(crate) async fn closed_through(tx: &mut Tx) -> Result<Option<NaiveDate>, DbError> {
    let tenant = tx.tenant().uuid();
    let closed = sqlx::query_scalar!("select closed_through from tenant where tenant_id = $1 for key share", tenant);
    Ok(closed.fetch_optional(&mut **tx).await?.flatten())
}

/// The same, for a change: waits for the transactions that are adding entries, and later ones wait for this one.
pub(crate) async fn lock_closed_through(tx: &mut Tx) -> Result<Option<NaiveDate>, DbError> {
    let tenant = tx.tenant().uuid();
    let closed = sqlx::query_scalar!("select closed_through from tenant where tenant_id = $1 for update", tenant);
    Ok(closed.fetch_optional(&mut **tx).await?.flatten())
}

/// Stores up to which day the ledger is closed.
pub(crate) async fn set_closed_through(tx: &mut Tx, day: Option<NaiveDate>) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query!("update tenant set closed_through = $2 where tenant_id = $1", tenant, day);
    expect_rows(&done.execute(&mut **tx).await?, "tenant", 1)
}

/// What is open at the end of a day, in each currency of the ledger.
pub(crate) async fn balances_on(tx: &mut Tx, day: NaiveDate) -> Result<Vec<PeriodBalance>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query!(
        r#"select currency as "currency!", sum(items) as "items!", sum(credits) as "credits!"
           from (
             select currency, amount as items, 0 as credits from entry where tenant_id = $1 and effective_on <= $2
             union all
             select currency, 0, amount from customer_credit_entry where tenant_id = $1 and effective_on <= $2
           ) m
           group by currency
           order by currency"#,
        tenant,
        day,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| balance(tenant, &row.currency, row.items, row.credits)).collect()
}

/// Adds a period that was closed.
pub(crate) async fn insert(tx: &mut Tx, period: &Period) -> Result<(), DbError> {
    let (tenant, id) = (tx.tenant().uuid(), period.id.uuid());
    sqlx::query!(
        "insert into accounting_period (tenant_id, id, start_on, end_on, closed_at)
         values ($1, $2, $3, $4, $5)",
        tenant,
        id,
        period.start_on,
        period.end_on,
        period.closed_at,
    )
    .execute(&mut **tx)
    .await?;
    let currencies: Vec<&str> = period.balances.iter().map(|balance| balance.items.currency().code()).collect();
    let items: Vec<Decimal> = period.balances.iter().map(|balance| balance.items.amount()).collect();
    let credits: Vec<Decimal> = period.balances.iter().map(|balance| balance.credits.amount()).collect();
    sqlx::query!(
        "insert into accounting_period_balance (tenant_id, period_id, currency, items, credits)
         select $1, $2, currency, items, credits
         from unnest($3::text[], $4::numeric[], $5::numeric[]) as b (currency, items, credits)",
        tenant,
        id,
        &currencies as &[&str],
        &items,
        &credits,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores that a period was reopened.
pub(crate) async fn reopen(tx: &mut Tx, id: PeriodId, reopened: &Reopened) -> Result<(), DbError> {
    let done = sqlx::query!(
        "update accounting_period
         set reopened_at = $3, reopen_reason = $4
         where tenant_id = $1 and id = $2 and reopened_at is null",
        tx.tenant().uuid(),
        id.uuid(),
        reopened.at,
        reopened.reason,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, TABLE, 1)
}

/// These periods; those that do not exist are left out.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Period>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query_as!(
        Row,
        "select p.id, start_on, end_on, closed_at, reopened_at, reopen_reason
         from unnest($2::uuid[]) as requested (id)
         join accounting_period p on p.tenant_id = $1 and p.id = requested.id",
        tenant,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let stored = sqlx::query!(
        "select period_id, currency, items, credits
         from accounting_period_balance
         where tenant_id = $1 and period_id = any($2)
         order by period_id, currency",
        tenant,
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut balances: HashMap<Uuid, Vec<PeriodBalance>> = HashMap::new();
    for row in stored {
        let balance = balance(row.period_id, &row.currency, row.items, row.credits)?;
        balances.entry(row.period_id).or_default().push(balance);
    }
    let periods = rows.into_iter().map(|row| {
        let balances = balances.remove(&row.id).unwrap_or_default();
        row.period(balances)
    });
    Ok(periods.collect())
}

/// The orders of a list of periods.
pub(crate) const ORDERS: [(&str, Column); 1] = [("close_time", Column::Time("closed_at"))];

/// Where the periods of a page stand in their list: only closed ones, or only reopened ones, if that is given.
pub(crate) async fn list(tx: &mut Tx, is_closed: Option<bool>, window: Window) -> Result<Vec<Place>, DbError> {
    let mut list = List::new(tx, TABLE, ["tenant_id", "id"], window);
    match is_closed {
        None => {}
        Some(true) => list.only("reopened_at is null"),
        Some(false) => list.only("reopened_at is not null"),
    }
    list.places(tx).await
}
