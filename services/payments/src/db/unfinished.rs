//! Unfinished work: over all tenants, in the reconcilers' role, and of one tenant.

use chrono::{DateTime, Utc};
use quittance_db::{Db, DbError, Tx};
use quittance_kernel::{RequestId, TenantId};

/// A batch sent to invoicing, or to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WaitingBatch {
    pub(crate) tenant: TenantId,
    pub(crate) batch: RequestId,
    /// Whether it reverses settlements.
    pub(crate) is_reversal: bool,
}

/// Batches waiting since before `before`, the oldest first.
pub(crate) async fn waiting_batches(db: &Db, before: DateTime<Utc>, limit: i64) -> Result<Vec<WaitingBatch>, DbError> {
    let rows = sqlx::query!(
        r#"select tenant_id, case state when 'pending' then batch_id else reversal_batch_id end as "batch_id!", state = 'reversing' as "is_reversal!"
           from allocation
           where state in ('pending', 'reversing') and decided_at < $1
           group by 1, 2, 3
           order by min(decided_at)
           limit $2"#,
        before,
        limit,
    )
    .fetch_all(db.system())
    .await?;
    let batches = rows.into_iter().map(|row| WaitingBatch {
        tenant: TenantId::new(row.tenant_id),
        batch: RequestId::new(row.batch_id),
        is_reversal: row.is_reversal,
    });
    Ok(batches.collect())
}

/// Tenants with payments due for matching.
pub(crate) async fn tenants_to_match(db: &Db, now: DateTime<Utc>, limit: i64) -> Result<Vec<TenantId>, DbError> {
    let tenants = sqlx::query_scalar!(
        "select tenant_id from payment where match_due_at <= $1 group by tenant_id order by min(match_due_at) limit $2",
        now,
        limit,
    )
    .fetch_all(db.system())
    .await?;
    Ok(tenants.into_iter().map(TenantId::new).collect())
}

/// A tenant's allocations waiting for invoicing, and its payments to be matched again.
pub(crate) async fn count(tx: &mut Tx) -> Result<i64, DbError> {
    let count = sqlx::query_scalar!(
        r#"select (select count(*) from allocation where tenant_id = $1 and state in ('pending', 'reversing'))
             + (select count(*) from payment where tenant_id = $1 and match_due_at is not null) as "count!""#,
        tx.tenant().uuid(),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

/// Allocations and reversals waiting for invoicing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pending {
    pub(crate) count: i64,
    /// Since when the oldest is waiting.
    pub(crate) oldest_at: Option<DateTime<Utc>>,
}

/// The allocations and reversals waiting for invoicing.
pub(crate) async fn pending(db: &Db) -> Result<Pending, DbError> {
    let pending = sqlx::query_as!(
        Pending,
        r#"select count(*) as "count!", min(decided_at) as oldest_at from allocation where state in ('pending', 'reversing')"#
    )
    .fetch_one(db.system())
    .await?;
    Ok(pending)
}
