//! Extensions of due dates.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    DbError, Tx, expect_rows,
    row::{money, stored},
};
use quittance_kernel::{Actor, Currency, CustomerId, ExtensionId, ItemId, RequestId};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::Extension;

const TABLE: &str = "due_date_extension";

struct Row {
    id: Uuid,
    item_id: Uuid,
    customer_id: Uuid,
    previous_due_on: NaiveDate,
    due_on: NaiveDate,
    effective_on: NaiveDate,
    open_amount: Decimal,
    currency: String,
    reason: String,
    actor: String,
    on_behalf_of: Option<String>,
    request_id: Option<Uuid>,
    recorded_at: DateTime<Utc>,
}

impl TryFrom<Row> for Extension {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let currency = stored(TABLE, row.id, Currency::parse(&row.currency))?;
        Ok(Self {
            id: ExtensionId::new(row.id),
            item: ItemId::new(row.item_id),
            customer: CustomerId::new(row.customer_id),
            previous_due_on: row.previous_due_on,
            due_on: row.due_on,
            effective_on: row.effective_on,
            open: money(TABLE, row.id, row.open_amount, currency)?,
            reason: row.reason,
            actor: stored(TABLE, row.id, Actor::named(&row.actor, row.on_behalf_of.as_deref()))?,
            request: row.request_id.map(RequestId::new),
            recorded_at: row.recorded_at,
        })
    }
}

/// The effective date of the latest extension of an item, under the item's lock.
pub(crate) async fn latest_on(tx: &mut Tx, item: ItemId) -> Result<Option<NaiveDate>, DbError> {
    let latest = sqlx::query_scalar!(
        "select max(effective_on) from due_date_extension where tenant_id = $1 and item_id = $2",
        tx.tenant().uuid(),
        item.uuid(),
    );
    Ok(latest.fetch_one(&mut **tx).await?)
}

/// Adds an extension and gives its locked item the new due date.
pub(crate) async fn insert(tx: &mut Tx, extension: &Extension) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into due_date_extension
           (tenant_id, id, item_id, customer_id, previous_due_on, due_on, effective_on, open_amount, currency, reason, actor, on_behalf_of,
            request_id, recorded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        tenant,
        extension.id.uuid(),
        extension.item.uuid(),
        extension.customer.uuid(),
        extension.previous_due_on,
        extension.due_on,
        extension.effective_on,
        extension.open.amount(),
        extension.open.currency().code(),
        extension.reason,
        extension.actor.name(),
        extension.actor.on_behalf_of(),
        extension.request.map(RequestId::uuid),
        extension.recorded_at,
    )
    .execute(&mut **tx)
    .await?;
    let done = sqlx::query!(
        "update open_item set due_on = $3, updated_at = $4 where tenant_id = $1 and id = $2 and due_on = $5",
        tenant,
        extension.item.uuid(),
        extension.due_on,
        extension.recorded_at,
        extension.previous_due_on,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "open_item", 1)
}

/// A page of an item's extensions, in the order in which they were recorded.
pub(crate) async fn page(
    tx: &mut Tx,
    item: ItemId,
    after: Option<ExtensionId>,
    limit: i64,
) -> Result<Vec<Extension>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, item_id, customer_id, previous_due_on, due_on, effective_on, open_amount, currency, reason, actor, on_behalf_of, request_id, recorded_at
         from due_date_extension
         where tenant_id = $1 and item_id = $2 and ($3::uuid is null or id > $3)
         order by id
         limit $4",
        tx.tenant().uuid(),
        item.uuid(),
        after.map(ExtensionId::uuid),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Extension::try_from).collect()
}
