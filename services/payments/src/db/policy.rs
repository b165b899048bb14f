//! The tenant's matching policy.

use std::collections::{HashMap, HashSet};

use quittance_db::{
    DbError, Tx,
    row::{integer, known, money, stored},
};
use quittance_kernel::{Currency, CustomerId, Percent};
use quittance_matching::Fallback;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::{MatchingPolicy, Tolerance};

/// The tenant's policy; the default if none was set.
pub(crate) async fn find(tx: &mut Tx) -> Result<MatchingPolicy, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query!(
        "select grace_days, accept_late_discount, fallback, version from matching_policy where tenant_id = $1",
        tenant,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(MatchingPolicy::default()) };
    let table = "matching_policy";
    let tolerances = sqlx::query!("select currency, percent, cap from tolerance where tenant_id = $1", tenant)
        .fetch_all(&mut **tx)
        .await?;
    let tolerances = tolerances.into_iter().map(|row| {
        let currency = stored("tolerance", tenant, Currency::parse(&row.currency))?;
        let percent = stored("tolerance", tenant, Percent::new(row.percent))?;
        Ok((currency, Tolerance { percent, cap: money("tolerance", tenant, row.cap, currency)? }))
    });
    let blocked = sqlx::query_scalar!("select customer_id from tolerance_block where tenant_id = $1", tenant)
        .fetch_all(&mut **tx)
        .await?;
    Ok(MatchingPolicy {
        grace_days: stored(table, tenant, u16::try_from(row.grace_days))?,
        accept_late_discount: row.accept_late_discount,
        fallback: known(table, tenant, "fallback", Fallback::parse(&row.fallback))?,
        tolerances: tolerances.collect::<Result<HashMap<_, _>, DbError>>()?,
        blocked: blocked.into_iter().map(CustomerId::new).collect::<HashSet<_>>(),
        version: stored(table, tenant, u32::try_from(row.version))?,
    })
}

/// Replaces the tenant's policy. Returns false if another one was written since `before`.
pub(crate) async fn put(tx: &mut Tx, policy: &MatchingPolicy, before: u32) -> Result<bool, DbError> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query!(
        "insert into matching_policy as p (tenant_id, grace_days, accept_late_discount, fallback, version)
         values ($1, $2, $3, $4, $5)
         on conflict on constraint matching_policy_pkey
         do update set grace_days = excluded.grace_days, accept_late_discount = excluded.accept_late_discount, fallback = excluded.fallback,
           version = excluded.version
         where p.version = $6",
        tenant,
        i32::from(policy.grace_days),
        policy.accept_late_discount,
        policy.fallback.label(),
        integer("matching_policy", tenant, policy.version)?,
        integer("matching_policy", tenant, before)?,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    let currencies: Vec<String> = policy.tolerances.keys().map(|currency| currency.code().to_owned()).collect();
    let percents: Vec<Decimal> = policy.tolerances.values().map(|tolerance| tolerance.percent.value()).collect();
    let caps: Vec<Decimal> = policy.tolerances.values().map(|tolerance| tolerance.cap.amount()).collect();
    let blocked: Vec<Uuid> = policy.blocked.iter().map(|customer| customer.uuid()).collect();
    sqlx::query!("delete from tolerance where tenant_id = $1", tenant).execute(&mut **tx).await?;
    sqlx::query!(
        "insert into tolerance (tenant_id, currency, percent, cap) select $1, * from unnest($2::text[], $3::numeric[], $4::numeric[])",
        tenant,
        &currencies,
        &percents,
        &caps,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("delete from tolerance_block where tenant_id = $1", tenant).execute(&mut **tx).await?;
    sqlx::query!(
        "insert into tolerance_block (tenant_id, customer_id) select $1, * from unnest($2::uuid[])",
        tenant,
        &blocked
    )
    .execute(&mut **tx)
    .await?;
    Ok(true)
}
