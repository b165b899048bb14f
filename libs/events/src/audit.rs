//! Who did what: the events of a tenant, by resource or by person.

use chrono::{DateTime, Utc};
use quittance_db::{DbError, Range, Tx};
use quittance_kernel::EventId;
use uuid::{Builder, Uuid};

/// A recorded event, with the one before it about the same resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// The event's id.
    pub event_id: EventId,
    /// The full name of its message.
    pub kind: String,
    /// The resource that it is about; `None` if recorded before this was kept.
    pub subject: Option<String>,
    /// The caller, or the service for its own work; `None` if recorded before this was kept.
    pub actor: Option<String>,
    /// The person that the caller acted for.
    pub on_behalf_of: Option<String>,
    /// The method or operation.
    pub method: Option<String>,
    /// The request of the call.
    pub request: Option<Uuid>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// The area's event message, encoded.
    pub payload: Vec<u8>,
    /// Kind and payload of the event before it about the same resource.
    pub before: Option<(String, Vec<u8>)>,
}

/// A selection of recorded events.
#[derive(Debug, Clone, Default)]
pub struct RecordedFilter {
    /// Only about this resource.
    pub subject: Option<String>,
    /// Only by this person: the one that a caller acted for, or else the caller.
    pub person: Option<String>,
    /// Only what was recorded in this time.
    pub recorded_at: Range<DateTime<Utc>>,
}

/// The first id of an instant's millisecond.
fn first_id(at: DateTime<Utc>) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
}

/// At most `limit` recorded events of the transaction's tenant, newest first, older than `after`.
pub async fn recorded_events(
    tx: &mut Tx,
    filter: &RecordedFilter,
    after: Option<EventId>,
    limit: i64,
) -> Result<Vec<RecordedEvent>, DbError> {
    let ids = match &filter.subject {
        Some(subject) => of_subject(tx, subject, filter, after, limit).await?,
        None => of_people(tx, filter, after, limit).await?,
    };
    let rows = sqlx::query!(
        r#"select o.event_id, o.kind, o.subject, o.actor, o.on_behalf_of, o.method, o.request_id, o.recorded_at, o.payload,
             b.kind as "kind_before?", b.payload as "payload_before?"
           from unnest($2::bigint[]) as requested (id)
           join outbox o on o.id = requested.id
           left join lateral (
             select p.kind, p.payload
             from outbox p
             where p.tenant_id = $1 and p.subject = o.subject and p.event_id < o.event_id
             order by p.event_id desc
             limit 1
           ) b on true
           order by o.event_id desc"#,
        tx.tenant().uuid(),
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let recorded = rows.into_iter().map(|row| RecordedEvent {
        event_id: EventId::new(row.event_id),
        kind: row.kind,
        subject: row.subject,
        actor: row.actor,
        on_behalf_of: row.on_behalf_of,
        method: row.method,
        request: row.request_id,
        recorded_at: row.recorded_at,
        payload: row.payload,
        before: row.kind_before.zip(row.payload_before),
    });
    Ok(recorded.collect())
}

/// What was done to a resource.
async fn of_subject(
    tx: &mut Tx,
    subject: &str,
    filter: &RecordedFilter,
    after: Option<EventId>,
    limit: i64,
) -> Result<Vec<i64>, DbError> {
    let ids = sqlx::query_scalar!(
        "select id
         from outbox
         where tenant_id = $1 and subject = $2
           and ($3::uuid is null or event_id < $3) and ($4::uuid is null or event_id >= $4)
           and ($5::timestamptz is null or recorded_at >= $5) and ($6::timestamptz is null or recorded_at < $6)
           and ($7::text is null or coalesce(on_behalf_of, actor, '') = $7)
         order by event_id desc
         limit $8",
        tx.tenant().uuid(),
        subject,
        after.map(EventId::uuid),
        filter.recorded_at.from.map(first_id),
        filter.recorded_at.from,
        filter.recorded_at.to,
        filter.person,
        limit,
    );
    Ok(ids.fetch_all(&mut **tx).await?)
}

/// What a person did, or each of them: the index is read once for each.
async fn of_people(
    tx: &mut Tx,
    filter: &RecordedFilter,
    after: Option<EventId>,
    limit: i64,
) -> Result<Vec<i64>, DbError> {
    // The newest millisecond that may be in the time: without it, all newer ones would be read and left out.
    let last = filter.recorded_at.to.map(|to| first_id(to + chrono::Duration::milliseconds(1)));
    let after = [after.map(EventId::uuid), last].into_iter().flatten().min();
    let ids = sqlx::query_scalar!(
        r#"with recursive person (name) as (
             select coalesce($2, (select min(coalesce(on_behalf_of, actor, '')) from outbox where tenant_id = $1))
             union all
             select (select min(coalesce(o.on_behalf_of, o.actor, '')) from outbox o where o.tenant_id = $1 and coalesce(o.on_behalf_of, o.actor, '') > p.name)
             from person p
             where $2::text is null and p.name is not null
           )
           select e.id as "id!"
           from person p
           cross join lateral (
             select o.id, o.event_id
             from outbox o
             where o.tenant_id = $1 and coalesce(o.on_behalf_of, o.actor, '') = p.name
               and ($3::uuid is null or o.event_id < $3) and ($4::uuid is null or o.event_id >= $4)
               and ($5::timestamptz is null or o.recorded_at >= $5) and ($6::timestamptz is null or o.recorded_at < $6)
             order by o.event_id desc
             limit $7
           ) e
           where p.name is not null
           order by e.event_id desc
           limit $7"#,
        tx.tenant().uuid(),
        filter.person,
        after,
        filter.recorded_at.from.map(first_id),
        filter.recorded_at.from,
        filter.recorded_at.to,
        limit,
    );
    Ok(ids.fetch_all(&mut **tx).await?)
}
