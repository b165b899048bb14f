//! Disputes.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Column, DbError, List, Place, Range, Tx, Window, expect_rows, row::known};
use quittance_kernel::{CustomerId, DisputeId, ItemId};
use uuid::Uuid;

use crate::{
    Error,
    domain::{Dispute, DisputeOutcome, DisputeReason, dispute::State},
};

/// Adds a dispute. An item has at most one open dispute.
pub(crate) async fn insert(tx: &mut Tx, dispute: &Dispute) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into dispute (tenant_id, id, item_id, customer_id, reason, note, opened_on, state, resolved_on, outcome, recorded_at,
           updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        tenant,
        dispute.id.uuid(),
        dispute.item.uuid(),
        dispute.customer.uuid(),
        dispute.reason.label(),
        dispute.note,
        dispute.opened_on,
        dispute.state.label(),
        dispute.state.resolved_on(),
        dispute.state.outcome().map(DisputeOutcome::label),
        dispute.recorded_at,
        dispute.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Updates the state of a locked dispute.
pub(crate) async fn update(tx: &mut Tx, dispute: &Dispute) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query!(
        "update dispute set state = $3, resolved_on = $4, outcome = $5, updated_at = $6 where tenant_id = $1 and id = $2",
        tenant,
        dispute.id.uuid(),
        dispute.state.label(),
        dispute.state.resolved_on(),
        dispute.state.outcome().map(DisputeOutcome::label),
        dispute.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "dispute", 1)
}

struct Row {
    id: Uuid,
    item_id: Uuid,
    customer_id: Uuid,
    reason: String,
    note: String,
    opened_on: NaiveDate,
    state: String,
    resolved_on: Option<NaiveDate>,
    outcome: Option<String>,
    recorded_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for Dispute {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let (table, id) = ("dispute", row.id);
        let outcome = row
            .outcome
            .as_deref()
            .map(|label| known(table, id, "outcome", DisputeOutcome::parse(label)))
            .transpose()?;
        Ok(Self {
            id: DisputeId::new(id),
            item: ItemId::new(row.item_id),
            customer: CustomerId::new(row.customer_id),
            reason: known(table, id, "reason", DisputeReason::parse(&row.reason))?,
            note: row.note,
            opened_on: row.opened_on,
            state: known(table, id, "state", State::parse(&row.state, row.resolved_on, outcome))?,
            recorded_at: row.recorded_at,
            updated_at: row.updated_at,
        })
    }
}

/// A dispute.
pub(crate) async fn find(tx: &mut Tx, id: DisputeId) -> Result<Dispute, Error> {
    find_all(tx, &[id.uuid()]).await?.pop().ok_or(Error::DisputeNotFound(id))
}

/// A dispute, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: DisputeId) -> Result<Dispute, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, item_id, customer_id, reason, note, opened_on, state, resolved_on, outcome, recorded_at, updated_at
         from dispute
         where tenant_id = $1 and id = $2
         for update",
        tx.tenant().uuid(),
        id.uuid(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.ok_or(Error::DisputeNotFound(id))?.try_into()?)
}

/// The open dispute over an item.
pub(crate) async fn find_open(tx: &mut Tx, item: ItemId) -> Result<Option<DisputeId>, DbError> {
    let tenant = tx.tenant().uuid();
    let id = sqlx::query_scalar!(
        "select id from dispute where tenant_id = $1 and item_id = $2 and state = 'open'",
        tenant,
        item.uuid()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id.map(DisputeId::new))
}

/// These disputes; those that do not exist are left out.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Dispute>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select d.id, item_id, customer_id, reason, note, opened_on, state, resolved_on, outcome, recorded_at, updated_at
         from unnest($2::uuid[]) as requested (id)
         join dispute d on d.tenant_id = $1 and d.id = requested.id",
        tx.tenant().uuid(),
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Dispute::try_from).collect()
}

/// The filters of a list of disputes.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// Only of these customers; all if there are none.
    pub(crate) customers: Vec<CustomerId>,
    /// Only over this item.
    pub(crate) item: Option<ItemId>,
    /// Only for these reasons; all if there are none.
    pub(crate) reasons: Vec<DisputeReason>,
    /// Only those still open.
    pub(crate) open_only: bool,
    /// Only those opened on these dates.
    pub(crate) opened_on: Range<NaiveDate>,
    /// Only those changed in this time.
    pub(crate) updated_at: Range<DateTime<Utc>>,
}

/// The orders of a list of disputes.
pub(crate) const ORDERS: [(&str, Column); 3] = [
    ("record_time", Column::Id),
    ("update_time", Column::Time("updated_at")),
    ("opened_on", Column::Date("opened_on")),
];

/// Where the disputes of a page stand in their list.
pub(crate) async fn list(tx: &mut Tx, filter: Filter, window: Window) -> Result<Vec<Place>, DbError> {
    places(tx, filter, window).places(tx).await
}

/// The statement for them.
pub(super) fn places(tx: &Tx, filter: Filter, window: Window) -> List {
    let mut list = List::new(tx, "dispute", ["tenant_id", "id"], window);
    list.any("customer_id", filter.customers.into_iter().map(CustomerId::uuid).collect());
    list.compare("item_id = ", filter.item.map(ItemId::uuid));
    list.any("reason", filter.reasons.into_iter().map(DisputeReason::label).collect());
    if filter.open_only {
        list.only("state = 'open'");
    }
    list.within(["opened_on >= ", "opened_on <= "], filter.opened_on);
    list.within(["updated_at >= ", "updated_at < "], filter.updated_at);
    list
}
