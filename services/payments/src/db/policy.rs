//! How the tenant's payments are matched.

use quittance_db::{
    DbError, Tx,
    row::{integer, known, stored},
};
use quittance_matching::Fallback;

use crate::domain::MatchingPolicy;

/// The tenant's policy; the default if none was set.
pub(crate) async fn find(tx: &mut Tx) -> Result<MatchingPolicy, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query!("select fallback, version from matching_policy where tenant_id = $1", tenant)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(MatchingPolicy::default()) };
    let table = "matching_policy";
    Ok(MatchingPolicy {
        fallback: known(table, tenant, "fallback", Fallback::parse(&row.fallback))?,
        version: stored(table, tenant, u32::try_from(row.version))?,
    })
}

/// Replaces the tenant's policy. Returns false if another one was written since `before`.
pub(crate) async fn put(tx: &mut Tx, policy: &MatchingPolicy, before: u32) -> Result<bool, DbError> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query!(
        "insert into matching_policy as p (tenant_id, grace_days, accept_late_discount, fallback, version)
         values ($1, 0, false, $2, $3)
         on conflict on constraint matching_policy_pkey do update set fallback = excluded.fallback, version = excluded.version
         where p.version = $4",
        tenant,
        policy.fallback.label(),
        integer("matching_policy", tenant, policy.version)?,
        integer("matching_policy", tenant, before)?,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
