//! The invariants of what credit-risk stores, checked in SQL over all of a tenant's rows.

use quittance_db::{Db, DbError, Found, Invariant, Tx};
use quittance_kernel::TenantId;

/// Checks all invariants of a tenant's rows.
pub(crate) async fn invariants(db: &Db, tenant: TenantId) -> Result<Vec<Invariant>, DbError> {
    let mut tx = db.begin_sums(tenant).await?;
    let invariants = vec![
        Invariant {
            number: 0,
            rule: "a profile's exposure is the sum of its customer's open items in its currency",
            found: exposures(&mut tx).await?,
        },
        Invariant {
            number: 0,
            rule: "a profile's reserved amount is the sum of its active and confirmed reservations",
            found: reserved(&mut tx).await?,
        },
    ];
    tx.commit().await?;
    Ok(invariants)
}

/// Tenants with profiles, read in the reconcilers' role.
pub(crate) async fn tenants(db: &Db) -> Result<Vec<TenantId>, DbError> {
    let tenants = sqlx::query_scalar!("select distinct tenant_id from profile").fetch_all(db.system()).await?;
    Ok(tenants.into_iter().map(TenantId::new).collect())
}

/// A profile's exposure is the sum of its customer's open items in its currency.
pub(crate) async fn exposures(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with owed as (
             select customer_id, currency, sum(open) as open from item where tenant_id = $1 group by customer_id, currency
           ), compared as (
             select p.id, p.exposure, coalesce(o.open, 0) as open
             from profile p
             left join owed o on o.customer_id = p.customer_id and o.currency = p.currency
             where p.tenant_id = $1
           ), violations as (
             select * from compared where exposure <> open
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'profile ' || id || ': exposure ' || exposure || ', items ' || open from violations order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// A profile's reserved amount is the sum of its active and confirmed reservations.
pub(crate) async fn reserved(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with summed as (
             select customer_id, currency, sum(amount) as amount
             from reservation
             where tenant_id = $1 and state in ('active', 'confirmed')
             group by customer_id, currency
           ), compared as (
             select p.id, p.reserved, coalesce(s.amount, 0) as reservations
             from profile p
             left join summed s on s.customer_id = p.customer_id and s.currency = p.currency
             where p.tenant_id = $1
           ), violations as (
             select * from compared where reserved <> reservations
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'profile ' || id || ': reserved ' || reserved || ', reservations ' || reservations from violations order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}
