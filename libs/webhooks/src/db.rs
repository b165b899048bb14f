//! Webhooks, in the transactions of one tenant.

use chrono::{DateTime, Utc};
use quittance_db::{
    DbError, Tx, expect_rows,
    row::{integer, stored},
};
use quittance_kernel::{EventId, WebhookId};
use uuid::Uuid;

use crate::{
    secret::Secret,
    webhook::{Attempt, Webhook, WebhookContent},
};

const TABLE: &str = "webhook";

/// The newest position of the service's events.
pub(crate) async fn head(tx: &mut Tx) -> Result<i64, DbError> {
    let head = sqlx::query_scalar!(r#"select coalesce(max(position), 0) as "head!" from outbox_position"#);
    Ok(head.fetch_one(&mut **tx).await?)
}

/// How many webhooks the tenant has. Concurrent additions wait for each other.
pub(crate) async fn count_locked(tx: &mut Tx) -> Result<i64, DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('webhook ' || $1::text, 0))", tenant.to_string())
        .execute(&mut **tx)
        .await?;
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from webhook where tenant_id = $1"#, tenant);
    Ok(count.fetch_one(&mut **tx).await?)
}

/// Adds a webhook.
pub(crate) async fn insert(tx: &mut Tx, webhook: &Webhook) -> Result<(), DbError> {
    sqlx::query!(
        "insert into webhook
           (tenant_id, id, url, event_types, description, paused, secret, queued_position, delivered_position, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        tx.tenant().uuid(),
        webhook.id.uuid(),
        webhook.content.url,
        &webhook.content.event_types,
        webhook.content.description,
        webhook.content.paused,
        webhook.secret.bytes(),
        webhook.queued_position,
        webhook.delivered_position,
        integer(TABLE, webhook.id.uuid(), webhook.version)?,
        webhook.created_at,
        webhook.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Updates a locked webhook, takes it from whoever sends, and empties its queue, which is filled again from `queued_position`.
pub(crate) async fn update(tx: &mut Tx, webhook: &Webhook) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let id = webhook.id.uuid();
    sqlx::query!("delete from webhook_queue where tenant_id = $1 and webhook_id = $2", tenant, id)
        .execute(&mut **tx)
        .await?;
    let (previous, until) = webhook.previous.as_ref().map(|(secret, until)| (secret.bytes(), *until)).unzip();
    let done = sqlx::query!(
        "update webhook
         set url = $3, event_types = $4, description = $5, paused = $6, secret = $7, previous_secret = $8, previous_secret_until = $9,
           queued_position = $10, delivered_position = $11, failed_attempts = $12, next_attempt_at = $13, leased_until = null, version = $14,
           updated_at = $15
         where tenant_id = $1 and id = $2 and version = $14 - 1",
        tenant,
        id,
        webhook.content.url,
        &webhook.content.event_types,
        webhook.content.description,
        webhook.content.paused,
        webhook.secret.bytes(),
        previous,
        until,
        webhook.queued_position,
        webhook.delivered_position,
        webhook.failed_attempts,
        webhook.next_attempt_at,
        integer(TABLE, id, webhook.version)?,
        webhook.updated_at,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, TABLE, 1)
}

/// Deletes a locked webhook with its queue.
pub(crate) async fn delete(tx: &mut Tx, id: WebhookId) -> Result<(), DbError> {
    let done = sqlx::query!("delete from webhook where tenant_id = $1 and id = $2", tx.tenant().uuid(), id.uuid())
        .execute(&mut **tx)
        .await?;
    expect_rows(&done, TABLE, 1)
}

pub(crate) struct Row {
    pub(crate) tenant_id: Uuid,
    pub(crate) id: Uuid,
    pub(crate) url: String,
    pub(crate) event_types: Vec<String>,
    pub(crate) description: String,
    pub(crate) paused: bool,
    pub(crate) secret: Vec<u8>,
    pub(crate) previous_secret: Option<Vec<u8>>,
    pub(crate) previous_secret_until: Option<DateTime<Utc>>,
    pub(crate) queued_position: i64,
    pub(crate) delivered_position: i64,
    pub(crate) failed_attempts: i32,
    pub(crate) next_attempt_at: Option<DateTime<Utc>>,
    pub(crate) attempted_at: Option<DateTime<Utc>>,
    pub(crate) attempted_event_id: Option<Uuid>,
    pub(crate) attempted_position: Option<i64>,
    pub(crate) attempted_status: Option<i32>,
    pub(crate) attempted_error: Option<String>,
    pub(crate) version: i32,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

impl TryFrom<Row> for Webhook {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let attempt = match (row.attempted_at, row.attempted_event_id, row.attempted_position, row.attempted_status) {
            (Some(at), Some(event), Some(position), Some(status)) => {
                let error = row.attempted_error.unwrap_or_default();
                Some(Attempt { at, event: EventId::new(event), position, status, error })
            }
            _ => None,
        };
        Ok(Self {
            id: WebhookId::new(row.id),
            content: WebhookContent {
                url: row.url,
                event_types: row.event_types,
                description: row.description,
                paused: row.paused,
            },
            secret: Secret::new(row.secret),
            previous: row.previous_secret.map(Secret::new).zip(row.previous_secret_until),
            queued_position: row.queued_position,
            delivered_position: row.delivered_position,
            failed_attempts: row.failed_attempts,
            next_attempt_at: row.next_attempt_at,
            attempt,
            version: stored(TABLE, row.id, u32::try_from(row.version))?,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// A page of the tenant's webhooks, in the order of their creation.
pub(crate) async fn page(tx: &mut Tx, after: Option<WebhookId>, limit: i64) -> Result<Vec<Webhook>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select tenant_id, id, url, event_types, description, paused, secret, previous_secret, previous_secret_until, queued_position, delivered_position,
           failed_attempts, next_attempt_at, attempted_at, attempted_event_id, attempted_position, attempted_status, attempted_error, version,
           created_at, updated_at
         from webhook
         where tenant_id = $1 and ($2::uuid is null or id > $2)
         order by id
         limit $3",
        tx.tenant().uuid(),
        after.map(WebhookId::uuid),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Webhook::try_from).collect()
}

/// A webhook.
pub(crate) async fn find(tx: &mut Tx, id: WebhookId) -> Result<Option<Webhook>, DbError> {
    let row = sqlx::query_as!(
        Row,
        "select tenant_id, id, url, event_types, description, paused, secret, previous_secret, previous_secret_until, queued_position, delivered_position,
           failed_attempts, next_attempt_at, attempted_at, attempted_event_id, attempted_position, attempted_status, attempted_error, version,
           created_at, updated_at
         from webhook
         where tenant_id = $1 and id = $2",
        tx.tenant().uuid(),
        id.uuid(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(Webhook::try_from).transpose()
}

/// The same, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut Tx, id: WebhookId) -> Result<Option<Webhook>, DbError> {
    sqlx::query!("select id from webhook where tenant_id = $1 and id = $2 for update", tx.tenant().uuid(), id.uuid())
        .fetch_optional(&mut **tx)
        .await?;
    find(tx, id).await
}
