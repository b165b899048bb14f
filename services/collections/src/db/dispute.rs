//! Disputes.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{DbError, Tx, expect_rows, row::known};
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
        "insert into dispute (tenant_id, id, item_id, customer_id, reason, note, opened_on, state, resolved_on, outcome, recorded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
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
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Updates the state of a locked dispute.
pub(crate) async fn update(tx: &mut Tx, dispute: &Dispute) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query!(
        "update dispute set state = $3, resolved_on = $4, outcome = $5 where tenant_id = $1 and id = $2",
        tenant,
        dispute.id.uuid(),
        dispute.state.label(),
        dispute.state.resolved_on(),
        dispute.state.outcome().map(DisputeOutcome::label),
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
        })
    }
}

/// A dispute.
pub(crate) async fn find(tx: &mut Tx, id: DisputeId) -> Result<Dispute, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, item_id, customer_id, reason, note, opened_on, state, resolved_on, outcome, recorded_at
         from dispute
         where tenant_id = $1 and id = $2",
        tx.tenant().uuid(),
        id.uuid(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.ok_or(Error::DisputeNotFound(id))?.try_into()?)
}

/// A dispute, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: DisputeId) -> Result<Dispute, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, item_id, customer_id, reason, note, opened_on, state, resolved_on, outcome, recorded_at
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

/// Disputes in the order they were opened.
pub(crate) async fn list(
    tx: &mut Tx,
    customer: Option<CustomerId>,
    open_only: bool,
    after: Option<DisputeId>,
    limit: i64,
) -> Result<Vec<Dispute>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, item_id, customer_id, reason, note, opened_on, state, resolved_on, outcome, recorded_at
         from dispute
         where tenant_id = $1 and ($2::uuid is null or customer_id = $2) and (not $3 or state = 'open') and ($4::uuid is null or id > $4)
         order by id
         limit $5",
        tx.tenant().uuid(),
        customer.map(CustomerId::uuid),
        open_only,
        after.map(DisputeId::uuid),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Dispute::try_from).collect()
}
