//! Bad debts.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    Column, DbError, List, Place, Range, Tx, Window, expect_rows,
    row::{known, money, stored},
};
use quittance_kernel::{BadDebtId, Currency, CustomerId, ItemId};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::{BadDebt, BadDebtReason};

struct Row {
    id: Uuid,
    item_id: Uuid,
    customer_id: Uuid,
    reason: String,
    note: String,
    amount: Decimal,
    recovered: Decimal,
    currency: String,
    effective_on: NaiveDate,
    recorded_at: DateTime<Utc>,
}

impl TryFrom<Row> for BadDebt {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let (table, id) = ("bad_debt", row.id);
        let currency = stored(table, id, Currency::parse(&row.currency))?;
        Ok(Self {
            id: BadDebtId::new(id),
            item: ItemId::new(row.item_id),
            customer: CustomerId::new(row.customer_id),
            reason: known(table, id, "reason", BadDebtReason::parse(&row.reason))?,
            note: row.note,
            amount: money(table, id, row.amount, currency)?,
            recovered: money(table, id, row.recovered, currency)?,
            effective_on: row.effective_on,
            recorded_at: row.recorded_at,
        })
    }
}

/// Adds a bad debt.
pub(crate) async fn insert(tx: &mut Tx, debt: &BadDebt) -> Result<(), DbError> {
    sqlx::query!(
        "insert into bad_debt (tenant_id, id, item_id, customer_id, reason, note, amount, recovered, currency, effective_on, recorded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        tx.tenant().uuid(),
        debt.id.uuid(),
        debt.item.uuid(),
        debt.customer.uuid(),
        debt.reason.label(),
        debt.note,
        debt.amount.amount(),
        debt.recovered.amount(),
        debt.amount.currency().code(),
        debt.effective_on,
        debt.recorded_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Updates what of a bad debt is recovered, under the lock of its item.
pub(crate) async fn update_recovered(tx: &mut Tx, debt: &BadDebt) -> Result<(), DbError> {
    let done = sqlx::query!(
        "update bad_debt set recovered = $3 where tenant_id = $1 and id = $2",
        tx.tenant().uuid(),
        debt.id.uuid(),
        debt.recovered.amount(),
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "bad_debt", 1)
}

/// A bad debt.
pub(crate) async fn find(tx: &mut Tx, id: BadDebtId) -> Result<Option<BadDebt>, DbError> {
    Ok(find_all(tx, &[id.uuid()]).await?.pop())
}

/// These bad debts; those that do not exist are left out.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<BadDebt>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select b.id, item_id, customer_id, reason, note, amount, recovered, currency, effective_on, recorded_at
         from unnest($2::uuid[]) as requested (id)
         join bad_debt b on b.tenant_id = $1 and b.id = requested.id",
        tx.tenant().uuid(),
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(BadDebt::try_from).collect()
}

/// The filters of a list of bad debts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    /// Only of these customers; all if there are none.
    pub(crate) customers: Vec<CustomerId>,
    /// Only of this item.
    pub(crate) item: Option<ItemId>,
    /// Only those recorded in this time.
    pub(crate) recorded_at: Range<DateTime<Utc>>,
}

/// The orders of a list of bad debts.
pub(crate) const ORDERS: [(&str, Column); 1] = [("create_time", Column::Time("recorded_at"))];

/// Where the bad debts of a page stand in their list.
pub(crate) async fn list(tx: &mut Tx, filter: Filter, window: Window) -> Result<Vec<Place>, DbError> {
    places(tx, filter, window).places(tx).await
}

/// The statement for them.
pub(super) fn places(tx: &Tx, filter: Filter, window: Window) -> List {
    let mut list = List::new(tx, "bad_debt", ["tenant_id", "id"], window);
    list.any("customer_id", filter.customers.into_iter().map(CustomerId::uuid).collect());
    list.compare("item_id = ", filter.item.map(ItemId::uuid));
    list.within(["recorded_at >= ", "recorded_at < "], filter.recorded_at);
    list
}
