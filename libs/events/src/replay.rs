//! Selects events of an outbox: for new consumers, and for the command line.

use chrono::{DateTime, Utc};
use quittance_db::{Db, DbError};
use quittance_kernel::TenantId;
use uuid::Uuid;

use crate::{Envelope, envelope::EventRow};

/// A selection of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Up to and including this position.
    pub until_position: Option<i64>,
    /// Recorded at this instant or later.
    pub recorded_from: Option<DateTime<Utc>>,
    /// Recorded before this instant.
    pub recorded_before: Option<DateTime<Utc>>,
    /// The message's full name, or the last part of it.
    pub kind: Option<String>,
    /// The customer, or the payment where no customer is known.
    pub ordering_key: Option<Uuid>,
    /// The tenant.
    pub tenant: Option<TenantId>,
}

/// At most `limit` selected events of an outbox after a position, in order.
pub async fn choose(db: &Db, filter: &EventFilter, after: i64, limit: i64) -> Result<Vec<Envelope>, DbError> {
    let rows = sqlx::query_as!(
        EventRow,
        "select p.position, o.event_id, o.tenant_id, o.kind, o.ordering_key, o.causation_id, o.actor, o.on_behalf_of, o.method,
           o.request_id, o.traceparent, o.tracestate, o.recorded_at, p.positioned_at, o.payload
         from outbox_position p
         join outbox o on o.id = p.outbox_id
         where p.position > $1
           and ($3::bigint is null or p.position <= $3)
           and ($4::timestamptz is null or o.recorded_at >= $4)
           and ($5::timestamptz is null or o.recorded_at < $5)
           and ($6::text is null or o.kind = $6 or o.kind like '%.' || $6)
           and ($7::uuid is null or o.ordering_key = $7)
           and ($8::uuid is null or o.tenant_id = $8)
         order by p.position
         limit $2",
        after,
        limit,
        filter.until_position,
        filter.recorded_from,
        filter.recorded_before,
        filter.kind,
        filter.ordering_key,
        filter.tenant.map(TenantId::uuid),
    )
    .fetch_all(db.system())
    .await?;
    Ok(rows.into_iter().map(Envelope::from).collect())
}
