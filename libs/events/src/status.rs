//! The progress of events.

use chrono::{DateTime, Utc};
use quittance_db::{Db, DbError, Tx};
use quittance_kernel::{EventId, TenantId};

/// The progress of a service's own events and of its consumers. Positions are the stream's; counts are over one tenant or all, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamStatus {
    /// The newest position.
    pub head_position: i64,
    /// Committed events without a position.
    pub unpositioned: i64,
    /// The progress of each consumer.
    pub subscriptions: Vec<Subscription>,
}

/// The progress of one consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The area that publishes the events.
    pub area: String,
    /// The position up to which everything is applied or held.
    pub position: i64,
    /// Every event with an earlier position time is applied or held; `None` before the first event whose time is known.
    pub positioned_at: Option<DateTime<Utc>>,
    /// Events of unknown kinds.
    pub parked: i64,
    /// Events whose parent has not arrived yet.
    pub waiting: i64,
    /// Events that can never be applied, and, over all tenants, messages that are not events.
    pub dead_letters: i64,
}

/// Reads the progress with counts over all tenants: for operators.
pub async fn stream_status(db: &Db) -> Result<StreamStatus, DbError> {
    let own = sqlx::query!(
        r#"select
             (select coalesce(max(position), 0) from outbox_position) as "head!",
             (select count(*) from outbox_queue) as "unpositioned!""#
    )
    .fetch_one(db.system())
    .await?;
    let subscriptions = sqlx::query_as!(
        Subscription,
        r#"select s.area, s.position, s.positioned_at,
             count(h.event_id) filter (where h.state = 'parked') as "parked!",
             count(h.event_id) filter (where h.state = 'waiting') as "waiting!",
             count(h.event_id) filter (where h.state = 'dead')
               + (select count(*) from unreadable_message u where u.area = s.area and u.discarded_at is null) as "dead_letters!"
           from subscription s
           left join held_event h on h.area = s.area
           group by s.area, s.position, s.positioned_at
           order by s.area"#
    )
    .fetch_all(db.system())
    .await?;
    Ok(StreamStatus { head_position: own.head, unpositioned: own.unpositioned, subscriptions })
}

/// Reads the progress with the counts of the transaction's tenant.
pub async fn tenant_stream_status(tx: &mut Tx) -> Result<StreamStatus, DbError> {
    let tenant = tx.tenant().uuid();
    // PostgreSQL never turns a scalar subquery into a join: one lookup for each row of the short queue, however long the outbox is.
    let own = sqlx::query!(
        r#"select
             (select coalesce(max(position), 0) from outbox_position) as "head!",
             (select count(*) from outbox_queue q where (select o.tenant_id from outbox o where o.id = q.id) = $1) as "unpositioned!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    let subscriptions = sqlx::query_as!(
        Subscription,
        r#"select s.area, s.position, s.positioned_at,
             count(h.event_id) filter (where h.state = 'parked') as "parked!",
             count(h.event_id) filter (where h.state = 'waiting') as "waiting!",
             count(h.event_id) filter (where h.state = 'dead') as "dead_letters!"
           from subscription s
           left join held_event h on h.tenant_id = $1 and h.area = s.area
           group by s.area, s.position, s.positioned_at
           order by s.area"#,
        tenant,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(StreamStatus { head_position: own.head, unpositioned: own.unpositioned, subscriptions })
}

/// Whether an event of the tenant was read, and every position of its area before it. One that is held for an operator counts as read.
pub async fn has_read(db: &Db, tenant: TenantId, area: &str, event: EventId) -> Result<bool, DbError> {
    let mut tx = db.begin(tenant).await?;
    let has_read = sqlx::query_scalar!(
        r#"select exists (
             select
             from (
               select position from inbox where tenant_id = $1 and event_id = $2
               union all
               select position from held_event where tenant_id = $1 and event_id = $2 and state <> 'waiting'
             ) as read
             where read.position is null or read.position <= (select position from subscription where area = $3)
           ) as "has_read!""#,
        tenant.uuid(),
        event.uuid(),
        area,
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(has_read)
}

/// The position up to which an area was read.
pub async fn subscription_position(db: &Db, area: &str) -> Result<i64, DbError> {
    let position = sqlx::query_scalar!("select position from subscription where area = $1", area)
        .fetch_optional(db.system())
        .await?;
    Ok(position.unwrap_or(0))
}

/// Whether the first build of an area is done: all events that were there when it began were read.
pub async fn is_built(db: &Db, area: &str) -> Result<bool, DbError> {
    let is_built = sqlx::query_scalar!(
        r#"select exists (select from subscription where area = $1 and built_at is not null) as "is_built!""#,
        area
    );
    Ok(is_built.fetch_one(db.system()).await?)
}

/// Records that the first build is done.
pub async fn set_built(db: &Db, area: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    sqlx::query!(
        "insert into subscription as s (area, position, built_at) values ($1, 0, $2)
         on conflict on constraint subscription_pkey do update set built_at = coalesce(s.built_at, $2)",
        area,
        now,
    )
    .execute(db.system())
    .await?;
    Ok(())
}

/// The backlog of an outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxStatus {
    /// The number of waiting events.
    pub waiting: i64,
    /// When the oldest of them was recorded.
    pub oldest_at: Option<DateTime<Utc>>,
    /// Events that the broker rejects for good.
    pub unpublished: i64,
}

/// Reads the backlog: events without a position and, with a broker, those not sent yet.
pub async fn outbox_status(db: &Db, has_broker: bool) -> Result<OutboxStatus, DbError> {
    // Positions have no gaps. An event with a position is older than one without, and the lowest is the oldest.
    let status = sqlx::query_as!(
        OutboxStatus,
        r#"with unpublished as (
             select published.position as after, (select coalesce(max(position), 0) from outbox_position) - published.position as count
             from outbox_published published
             where $1
           )
           select
             (select count(*) from outbox_queue) + coalesce((select count from unpublished), 0) as "waiting!",
             coalesce(
               (select o.recorded_at
                from unpublished u
                join outbox_position p on p.position = u.after + 1
                join outbox o on o.id = p.outbox_id),
               (select o.recorded_at from outbox_queue q join outbox o on o.id = q.id order by q.id limit 1)
             ) as oldest_at,
             (select count(*) from outbox_unpublished) as "unpublished!""#,
        has_broker,
    )
    .fetch_one(db.system())
    .await?;
    Ok(status)
}
