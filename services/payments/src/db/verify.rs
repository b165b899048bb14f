//! The invariant of payments, checked in SQL over all of a tenant's rows.

use quittance_db::{Db, DbError, Found, Invariant, Tx};
use quittance_kernel::TenantId;

/// Checks all invariants of a tenant.
pub(crate) async fn invariants(db: &Db, tenant: TenantId) -> Result<Vec<Invariant>, DbError> {
    let mut tx = db.begin_sums(tenant).await?;
    let invariants = vec![Invariant {
        number: 2,
        rule: "a payment's amount is the sum of applied, pending and unapplied, and its allocations sum to applied and pending",
        found: payments(&mut tx).await?,
    }];
    tx.commit().await?;
    Ok(invariants)
}

/// All tenants, for the reconcilers' role.
pub(crate) async fn tenants(db: &Db) -> Result<Vec<TenantId>, DbError> {
    let tenants = sqlx::query_scalar!("select tenant_id from tenant").fetch_all(db.system()).await?;
    Ok(tenants.into_iter().map(TenantId::new).collect())
}

/// Every payment's amount is what is applied, pending and unapplied, and applied and pending are the sums of its allocations in those states.
pub(crate) async fn payments(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with summed as (
             select payment_id,
               coalesce(sum(amount) filter (where state in ('applied', 'reversing')), 0) as applied,
               coalesce(sum(amount) filter (where state = 'pending'), 0) as pending,
               count(distinct currency) as currencies, min(currency) as currency
             from allocation
             where tenant_id = $1
             group by payment_id
           ), compared as (
             select coalesce(p.id, s.payment_id) as id,
               p.amount = p.applied + p.pending + p.unapplied and p.unapplied >= 0
               and p.applied = coalesce(s.applied, 0) and p.pending = coalesce(s.pending, 0)
               and (s.payment_id is null or (s.currencies = 1 and s.currency = p.currency)) as holds
             from (select * from payment where tenant_id = $1) p
             full join summed s on s.payment_id = p.id
           ), violations as (
             select id from compared where holds is not true
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'payment ' || id from violations order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}
