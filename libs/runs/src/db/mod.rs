//! Runs, in the transactions of one tenant.

mod lists;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    Db, DbError, Found, Tx, expect_rows,
    row::{known, stored},
};
use quittance_kernel::{Actor, RequestId, RunId, TenantId, count};
use uuid::Uuid;

use crate::run::{Counts, ItemResult, Run, State};

pub(crate) use lists::find_items;
pub use lists::{Filter, ITEM_ORDERS, ItemState, ORDERS, item_places, places};

const TABLE: &str = "run";

impl State {
    /// Its name in the database.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
        }
    }

    fn parse(label: &str) -> Option<Self> {
        [Self::Running, Self::Finished, Self::Cancelled].into_iter().find(|state| state.label() == label)
    }
}

impl ItemResult {
    const fn label(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed { .. } => "failed",
        }
    }
}

struct Row {
    id: Uuid,
    method: String,
    request: Vec<u8>,
    as_of: NaiveDate,
    subjects: String,
    state: String,
    total: i32,
    done: i32,
    skipped: i32,
    failed: i32,
    started_by: Option<String>,
    started_on_behalf_of: Option<String>,
    request_id: Option<Uuid>,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Run {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let id = row.id;
        let person = row.started_on_behalf_of.as_deref();
        let started_by = row.started_by.map(|name| stored(TABLE, id, Actor::named(&name, person))).transpose()?;
        Ok(Self {
            id: RunId::new(id),
            method: row.method,
            request: row.request,
            as_of: row.as_of,
            subjects: row.subjects,
            state: known(TABLE, id, "state", State::parse(&row.state))?,
            counts: Counts { total: row.total, done: row.done, skipped: row.skipped, failed: row.failed },
            started_by,
            request_id: row.request_id.map(RequestId::new),
            created_at: row.created_at,
            ended_at: row.ended_at,
        })
    }
}

/// Adds a run with its items, all of them pending.
pub(crate) async fn insert(tx: &mut Tx, run: &Run, subjects: &[Uuid]) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into run
           (tenant_id, id, method, request, as_of, subjects, state, total, done, skipped, failed, started_by, started_on_behalf_of, request_id,
            created_at, ended_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        tenant,
        run.id.uuid(),
        run.method,
        run.request,
        run.as_of,
        run.subjects,
        run.state.label(),
        run.counts.total,
        run.counts.done,
        run.counts.skipped,
        run.counts.failed,
        run.started_by.as_ref().map(Actor::name),
        run.started_by.as_ref().and_then(Actor::on_behalf_of),
        run.request_id.map(RequestId::uuid),
        run.created_at,
        run.ended_at,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into run_item (tenant_id, run_id, subject_id, state) select $1, $2, subject_id, 'pending' from unnest($3::uuid[]) as s (subject_id)",
        tenant,
        run.id.uuid(),
        subjects,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A run.
pub(crate) async fn find(tx: &mut Tx, id: RunId) -> Result<Option<Run>, DbError> {
    Ok(find_all(tx, &[id.uuid()]).await?.pop())
}

/// These runs; those that do not exist are left out.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Run>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select r.id, method, request, as_of, subjects, state, total, done, skipped, failed, started_by, started_on_behalf_of, request_id, created_at,
           ended_at
         from unnest($2::uuid[]) as requested (id)
         join run r on r.tenant_id = $1 and r.id = requested.id",
        tx.tenant().uuid(),
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Run::try_from).collect()
}

/// Waits until no batch of the run is being worked off, and lets none begin until the transaction ends.
pub(crate) async fn lock_out_batches(tx: &mut Tx, id: RunId) -> Result<(), DbError> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended('run ' || $1::uuid::text, 0))", id.uuid())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Begins a batch of the run: it is not cancelled until the transaction ends. Other batches may be worked off at the same time.
async fn lock_for_batch(tx: &mut Tx, id: Uuid) -> Result<(), DbError> {
    sqlx::query!("select pg_advisory_xact_lock_shared(hashtextextended('run ' || $1::uuid::text, 0))", id)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Locks at most `limit` pending items of the oldest run of these methods that has some which no other transaction works on. The run, and the ids of their
/// resources.
pub(crate) async fn take(tx: &mut Tx, methods: &[&str], limit: i64) -> Result<Option<(Run, Vec<Uuid>)>, DbError> {
    let tenant = tx.tenant().uuid();
    let running = sqlx::query_scalar!(
        "select id from run where tenant_id = $1 and state = 'running' and method = any($2) order by created_at, id limit 100",
        tenant,
        methods as &[&str],
    )
    .fetch_all(&mut **tx)
    .await?;
    for id in running {
        lock_for_batch(tx, id).await?;
        let subjects = sqlx::query_scalar!(
            "select i.subject_id
             from run r
             join run_item i on i.tenant_id = r.tenant_id and i.run_id = r.id
             where r.tenant_id = $1 and r.id = $2 and r.state = 'running' and i.state = 'pending'
             order by i.subject_id
             limit $3
             for update of i skip locked",
            tenant,
            id,
            limit,
        )
        .fetch_all(&mut **tx)
        .await?;
        if let (false, Some(run)) = (subjects.is_empty(), find(tx, RunId::new(id)).await?) {
            return Ok(Some((run, subjects)));
        }
    }
    Ok(None)
}

/// Stores what became of locked items, and counts it; returns the run, which is finished with its last item.
pub(crate) async fn end_items(
    tx: &mut Tx,
    id: RunId,
    ended: &[(Uuid, ItemResult)],
    now: DateTime<Utc>,
) -> Result<Run, DbError> {
    let tenant = tx.tenant().uuid();
    let subjects: Vec<Uuid> = ended.iter().map(|(subject, _)| *subject).collect();
    let states: Vec<String> = ended.iter().map(|(_, result)| result.label().to_owned()).collect();
    let failure = |(_, result): &(Uuid, ItemResult)| match result {
        ItemResult::Failed { reason, message } => (Some(reason.clone()), Some(message.clone())),
        ItemResult::Done | ItemResult::Skipped => (None, None),
    };
    let (reasons, messages): (Vec<Option<String>>, Vec<Option<String>>) = ended.iter().map(failure).unzip();
    let stored = sqlx::query!(
        "update run_item i
         set state = v.state, reason = v.reason, message = v.message, ended_at = $7
         from unnest($3::uuid[], $4::text[], $5::text[], $6::text[]) as v (subject_id, state, reason, message)
         where i.tenant_id = $1 and i.run_id = $2 and i.subject_id = v.subject_id and i.state = 'pending'",
        tenant,
        id.uuid(),
        &subjects,
        &states,
        &reasons as &[Option<String>],
        &messages as &[Option<String>],
        now,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&stored, "run_item", ended.len())?;
    let counted = |label| count(states.iter().filter(|state| *state == label).count());
    let row = sqlx::query_as!(
        Row,
        "update run
         set done = done + $3, skipped = skipped + $4, failed = failed + $5,
           state = case when done + skipped + failed + $3 + $4 + $5 = total then 'finished' else state end,
           ended_at = case when done + skipped + failed + $3 + $4 + $5 = total then $6::timestamptz end
         where tenant_id = $1 and id = $2 and state = 'running'
         returning id, method, request, as_of, subjects, state, total, done, skipped, failed, started_by, started_on_behalf_of, request_id, created_at,
           ended_at",
        tenant,
        id.uuid(),
        counted("done")?,
        counted("skipped")?,
        counted("failed")?,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.ok_or(DbError::LostUpdate { table: TABLE, expected: 1, found: 0 })?.try_into()
}

/// Cancels a running run.
pub(crate) async fn cancel(tx: &mut Tx, id: RunId, now: DateTime<Utc>) -> Result<(), DbError> {
    let done = sqlx::query!(
        "update run set state = 'cancelled', ended_at = $3 where tenant_id = $1 and id = $2 and state = 'running'",
        tx.tenant().uuid(),
        id.uuid(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, TABLE, 1)
}

/// The number of items that running runs of the transaction's tenant have left.
///
/// # Errors
/// The database failed.
pub async fn pending(tx: &mut Tx) -> Result<i64, DbError> {
    let left = sqlx::query_scalar!(
        r#"select coalesce(sum(total - done - skipped - failed), 0) as "left!" from run where tenant_id = $1 and state = 'running'"#,
        tx.tenant().uuid(),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(left)
}

/// The same of all tenants, read in the reconcilers' role.
///
/// # Errors
/// The database failed.
pub async fn pending_of_all(db: &Db) -> Result<i64, DbError> {
    let left = sqlx::query_scalar!(
        r#"select coalesce(sum(total - done - skipped - failed), 0) as "left!" from run where state = 'running'"#
    )
    .fetch_one(db.system())
    .await?;
    Ok(left)
}

/// Tenants with running runs of these methods, at most `limit`, read in the reconcilers' role.
///
/// # Errors
/// The database failed.
pub async fn tenants_with_work(db: &Db, methods: &[&str], limit: i64) -> Result<Vec<TenantId>, DbError> {
    let tenants = sqlx::query_scalar!(
        "select distinct tenant_id from run where state = 'running' and method = any($1) limit $2",
        methods as &[&str],
        limit,
    )
    .fetch_all(db.system())
    .await?;
    Ok(tenants.into_iter().map(TenantId::new).collect())
}

/// The counts of each run are those of its items, and nothing is left of one that is finished.
///
/// # Errors
/// The database failed.
pub async fn verify(tx: &mut Tx) -> Result<Found, DbError> {
    let found = sqlx::query_as!(
        Found,
        r#"with counted as (
             select run_id, count(*) as total, count(*) filter (where state = 'done') as done, count(*) filter (where state = 'skipped') as skipped,
               count(*) filter (where state = 'failed') as failed
             from run_item
             where tenant_id = $1
             group by run_id
           ), compared as (
             select r.id,
               r.total = coalesce(c.total, 0) and r.done = coalesce(c.done, 0) and r.skipped = coalesce(c.skipped, 0)
               and r.failed = coalesce(c.failed, 0) as holds
             from run r
             left join counted c on c.run_id = r.id
             where r.tenant_id = $1
           ), violations as (
             select id from compared where holds is not true
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'run ' || id from violations order by id limit 20) as "examples!""#,
        tx.tenant().uuid(),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}
