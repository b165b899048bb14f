//! The invariants of what collections stores, checked in SQL over all of a tenant's rows.

use quittance_db::{Db, DbError, Found, Invariant, Tx};
use quittance_kernel::TenantId;

/// Checks all invariants of a tenant's rows.
pub(crate) async fn invariants(db: &Db, tenant: TenantId) -> Result<Vec<Invariant>, DbError> {
    let mut tx = db.begin_sums(tenant).await?;
    let invariants = vec![
        Invariant {
            number: 1,
            rule: "an item's open amount is its total and what moved it since",
            found: items(&mut tx).await?,
        },
        Invariant { number: 0, rule: "no item is reminded twice at one step", found: reminded_once(&mut tx).await? },
        Invariant {
            number: 0,
            rule: "a reminder's total is the sum of its items, and its step the highest of theirs",
            found: reminders(&mut tx).await?,
        },
    ];
    tx.commit().await?;
    Ok(invariants)
}

/// The tenants that are known, read in the reconcilers' role.
pub(crate) async fn tenants(db: &Db) -> Result<Vec<TenantId>, DbError> {
    let tenants = sqlx::query_scalar!("select tenant_id from tenant").fetch_all(db.system()).await?;
    Ok(tenants.into_iter().map(TenantId::new).collect())
}

/// What is open is the total and the entries, never negative and never more than the total; and what is closed moved on its last day.
pub(crate) async fn items(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query!(
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
           ), drifted as (
             select id from compared where holds is not true
           )
           select (select count(*) from compared) as "checked!", (select count(*) from drifted) as "drifted!",
             array(select 'item ' || id from drifted order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Found { checked: row.checked, drifted: row.drifted, examples: row.examples })
}

/// No item was reminded twice at one step.
pub(crate) async fn reminded_once(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query!(
        r#"with counted as (
             select item_id, offset_days, count(*) as times from reminder_item where tenant_id = $1 group by item_id, offset_days
           ), drifted as (
             select * from counted where times > 1
           )
           select (select count(*) from counted) as "checked!", (select count(*) from drifted) as "drifted!",
             array(select 'item ' || item_id || ' at ' || offset_days from drifted order by item_id, offset_days limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Found { checked: row.checked, drifted: row.drifted, examples: row.examples })
}

/// A reminder's total is the sum of its items, and its step the highest of theirs.
pub(crate) async fn reminders(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query!(
        r#"with summed as (
             select reminder_id, sum(open) as open, max(offset_days) as offset_days from reminder_item where tenant_id = $1 group by reminder_id
           ), compared as (
             select coalesce(r.id, i.reminder_id) as id, r.total = i.open and r.offset_days = i.offset_days as holds
             from (select * from reminder where tenant_id = $1) r
             full join summed i on i.reminder_id = r.id
           ), drifted as (
             select id from compared where holds is not true
           )
           select (select count(*) from compared) as "checked!", (select count(*) from drifted) as "drifted!",
             array(select 'reminder ' || id from drifted order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Found { checked: row.checked, drifted: row.drifted, examples: row.examples })
}
