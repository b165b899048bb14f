//! What waits for webhooks, for all tenants: filled from the positions of events, emptied by sending.

use chrono::{DateTime, Utc};
use quittance_db::{Db, DbError};
use uuid::Uuid;

use crate::{
    db::Row,
    webhook::{Attempt, Webhook},
};

/// How many events a webhook's queue may have before it is filled no further.
const MAX_QUEUE: i64 = 1_000;
/// How many positions are looked at together.
const WINDOW: i64 = 2_000;

/// What there is to fill.
pub(crate) struct Filled {
    /// Whether there are webhooks that are not paused.
    pub(crate) has_webhooks: bool,
    /// Whether any was behind.
    pub(crate) has_moved: bool,
}

/// Queues the next events for those webhooks that are furthest behind. Replicas may do this at the same time.
pub(crate) async fn fill(db: &Db) -> Result<Filled, DbError> {
    let done = sqlx::query_as!(
        Filled,
        r#"with head as (
             select coalesce(max(position), 0) as position from outbox_position
           ), open as materialized (
             select w.tenant_id, w.id, w.queued_position
             from webhook w, head
             where not w.paused and w.queued_position < head.position
               and (
                 select count(*)
                 from (select from webhook_queue q where q.tenant_id = w.tenant_id and q.webhook_id = w.id limit $2) queued
               ) < $2
           ), behind as materialized (
             select o.tenant_id, o.id, o.queued_position
             from open o
             where o.queued_position = (select min(queued_position) from open)
           ), filled as (
             update webhook w
             set queued_position = least(b.queued_position + $1, head.position)
             from behind b, head
             where w.tenant_id = b.tenant_id and w.id = b.id and w.queued_position = b.queued_position
             returning w.tenant_id, w.id, w.event_types, b.queued_position as after, w.queued_position as upto
           ), range as (
             select min(after) as after, max(upto) as upto from filled
           ), queued as (
             insert into webhook_queue (tenant_id, webhook_id, position)
             select f.tenant_id, f.id, p.position
             from range
             join outbox_position p on p.position > range.after and p.position <= range.upto
             join outbox o on o.id = p.outbox_id
             join filled f on f.tenant_id = o.tenant_id and (cardinality(f.event_types) = 0 or o.kind = any(f.event_types))
             on conflict do nothing
           )
           select exists (select from webhook where not paused) as "has_webhooks!", exists (select from filled) as "has_moved!""#,
        WINDOW,
        MAX_QUEUE,
    );
    Ok(done.fetch_one(db.system()).await?)
}

/// A webhook that this process sends to until its lease ends.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(crate) tenant: Uuid,
    pub(crate) webhook: Webhook,
    pub(crate) until: DateTime<Utc>,
}

/// Takes webhooks with events to send now.
pub(crate) async fn lease(
    db: &Db,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Lease>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "update webhook w
         set leased_until = $2
         from (
           select c.tenant_id, c.id
           from webhook c
           where not c.paused and (c.leased_until is null or c.leased_until <= $1) and (c.next_attempt_at is null or c.next_attempt_at <= $1)
             and exists (select from webhook_queue q where q.tenant_id = c.tenant_id and q.webhook_id = c.id)
           order by c.next_attempt_at nulls first, c.tenant_id, c.id
           limit $3
           for update skip locked
         ) chosen
         where w.tenant_id = chosen.tenant_id and w.id = chosen.id
         returning w.tenant_id, w.id, url, event_types, description, paused, secret, previous_secret, previous_secret_until, queued_position, delivered_position,
           failed_attempts, next_attempt_at, attempted_at, attempted_event_id, attempted_position, attempted_status, attempted_error, version,
           created_at, updated_at",
        now,
        until,
        limit,
    )
    .fetch_all(db.system())
    .await?;
    rows.into_iter().map(|row| Ok(Lease { tenant: row.tenant_id, webhook: Webhook::try_from(row)?, until })).collect()
}

/// The positions of the next events of a webhook.
pub(crate) async fn next_positions(db: &Db, lease: &Lease, limit: i64) -> Result<Vec<i64>, DbError> {
    let positions = sqlx::query_scalar!(
        "select position from webhook_queue where tenant_id = $1 and webhook_id = $2 order by position limit $3",
        lease.tenant,
        lease.webhook.id.uuid(),
        limit,
    );
    Ok(positions.fetch_all(db.system()).await?)
}

/// Notes an event as delivered, and keeps the webhook for longer; false if it was taken away: changed, deleted, or leased by another.
pub(crate) async fn delivered(
    db: &Db,
    lease: &Lease,
    attempt: &Attempt,
    until: DateTime<Utc>,
) -> Result<bool, DbError> {
    let done = sqlx::query!(
        "with noted as (
           update webhook
           set delivered_position = $4, failed_attempts = 0, next_attempt_at = null, leased_until = $5, attempted_at = $6, attempted_event_id = $7,
             attempted_position = $4, attempted_status = $8, attempted_error = ''
           where tenant_id = $1 and id = $2 and leased_until = $3
           returning tenant_id, id
         )
         delete from webhook_queue q
         using noted n
         where q.tenant_id = n.tenant_id and q.webhook_id = n.id and q.position = $4",
        lease.tenant,
        lease.webhook.id.uuid(),
        lease.until,
        attempt.position,
        until,
        attempt.at,
        attempt.event.uuid(),
        attempt.status,
    )
    .execute(db.system())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes an attempt without success, and gives the webhook back.
pub(crate) async fn failed(
    db: &Db,
    lease: &Lease,
    attempt: &Attempt,
    failed_attempts: i32,
    next_attempt_at: DateTime<Utc>,
) -> Result<(), DbError> {
    sqlx::query!(
        "update webhook
         set failed_attempts = $4, next_attempt_at = $5, leased_until = null, attempted_at = $6, attempted_event_id = $7, attempted_position = $8,
           attempted_status = $9, attempted_error = $10
         where tenant_id = $1 and id = $2 and leased_until = $3",
        lease.tenant,
        lease.webhook.id.uuid(),
        lease.until,
        failed_attempts,
        next_attempt_at,
        attempt.at,
        attempt.event.uuid(),
        attempt.position,
        attempt.status,
        attempt.error,
    )
    .execute(db.system())
    .await?;
    Ok(())
}

/// Gives a webhook back.
pub(crate) async fn release(db: &Db, lease: &Lease) -> Result<(), DbError> {
    sqlx::query!(
        "update webhook set leased_until = null where tenant_id = $1 and id = $2 and leased_until = $3",
        lease.tenant,
        lease.webhook.id.uuid(),
        lease.until,
    )
    .execute(db.system())
    .await?;
    Ok(())
}

/// How many events wait, and how many webhooks have failed attempts.
pub async fn backlog(db: &Db) -> Result<(i64, i64), DbError> {
    let row = sqlx::query!(
        r#"select (select count(*) from webhook_queue) as "waiting!", (select count(*) from webhook where failed_attempts > 0) as "failing!""#
    );
    let row = row.fetch_one(db.system()).await?;
    Ok((row.waiting, row.failing))
}
