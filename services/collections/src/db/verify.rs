//! The invariants of what collections stores, checked in SQL over all of a tenant's rows.

use quittance_db::{Db, DbError, Found, Invariant, Tx};
use quittance_kernel::TenantId;

/// Checks all invariants of a tenant's rows.
pub(crate) async fn invariants(db: &Db, tenant: TenantId) -> Result<Vec<Invariant>, DbError> {
    let mut tx = db.begin_sums(tenant).await?;
    let invariants = vec![
        Invariant {
            number: 1,
            rule: "an item's open balance is its total plus its later movements",
            found: items(&mut tx).await?,
        },
        Invariant { number: 0, rule: "no item is reminded twice at one step", found: reminded_once(&mut tx).await? },
        Invariant {
            number: 0,
            rule: "a reminder's total is the sum of its items, and its step the highest of theirs",
            found: reminders(&mut tx).await?,
        },
        Invariant {
            number: 0,
            rule: "a run's counts are those of its items",
            found: quittance_runs::verify(&mut tx).await?,
        },
    ];
    tx.commit().await?;
    Ok(invariants)
}

/// All known tenants, read in the reconcilers' role.
pub(crate) async fn tenants(db: &Db) -> Result<Vec<TenantId>, DbError> {
    let tenants = sqlx::query_scalar!("select tenant_id from tenant").fetch_all(db.system()).await?;
    Ok(tenants.into_iter().map(TenantId::new).collect())
}

/// The open balance is the total plus the entries, never negative nor more than the total; and a closed item's last movement is on its last day.
pub(crate) async fn items(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with summed as (
             select item_id, sum(amount) as amount, max(effective_on) as last_on
             from item_entry
             where tenant_id = $1
             group by item_id
           ), compared as (
             select coalesce(i.id, e.item_id) as id,
               i.open = i.total + coalesce(e.amount, 0) and i.open between 0 and i.total
               and i.closed_on is not distinct from (case when i.open = 0 then e.last_on end) as holds
             from (select * from item where tenant_id = $1) i
             full join summed e on e.item_id = i.id
           ), violations as (
             select id from compared where holds is not true
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'item ' || id from violations order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// No item was reminded twice at one step.
pub(crate) async fn reminded_once(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with counted as (
             select item_id, offset_days, count(*) as times from reminder_item where tenant_id = $1 group by item_id, offset_days
           ), violations as (
             select * from counted where times > 1
           )
           select (select count(*) from counted) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'item ' || item_id || ' at ' || offset_days from violations order by item_id, offset_days limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// A reminder's total is the sum of its items, and its step the highest of theirs.
pub(crate) async fn reminders(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with summed as (
             select reminder_id, sum(open) as open, max(offset_days) as offset_days from reminder_item where tenant_id = $1 group by reminder_id
           ), compared as (
             select coalesce(r.id, i.reminder_id) as id, r.total = i.open and r.offset_days = i.offset_days as holds
             from (select * from reminder where tenant_id = $1) r
             full join summed i on i.reminder_id = r.id
           ), violations as (
             select id from compared where holds is not true
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'reminder ' || id from violations order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}
