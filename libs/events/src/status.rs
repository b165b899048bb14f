//! How far events have come.

use quittance_db::{Db, DbError};

/// How far a service's own events and its reading of others' have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamStatus {
    /// The newest position.
    pub head_position: i64,
    /// Events committed that wait for a position.
    pub unpositioned: i64,
    /// What the service reads.
    pub subscriptions: Vec<Subscription>,
}

/// How far one reading has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Whose events.
    pub area: String,
    /// Everything up to here is applied or held.
    pub position: i64,
    /// Events of unknown kinds.
    pub parked: i64,
    /// Events that can never be applied.
    pub dead_letters: i64,
}

/// Reads how far a service's events have come.
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
        r#"select s.area, s.position,
             count(h.event_id) filter (where h.state = 'parked') as "parked!",
             count(h.event_id) filter (where h.state = 'dead') as "dead_letters!"
           from subscription s
           left join held_event h on h.area = s.area
           group by s.area, s.position
           order by s.area"#
    )
    .fetch_all(db.system())
    .await?;
    Ok(StreamStatus { head_position: own.head, unpositioned: own.unpositioned, subscriptions })
}

/// The position up to which an area was read.
pub async fn subscription_position(db: &Db, area: &str) -> Result<i64, DbError> {
    let position = sqlx::query_scalar!("select position from subscription where area = $1", area)
        .fetch_optional(db.system())
        .await?;
    Ok(position.unwrap_or(0))
}
