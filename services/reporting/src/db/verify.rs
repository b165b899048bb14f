//! Checks of the invariants that reporting can see.

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Db, DbError, Found, Tx};
use quittance_kernel::TenantId;

/// All tenants, for the reconcilers' role.
pub(crate) async fn tenants(db: &Db) -> Result<Vec<TenantId>, DbError> {
    let tenants = sqlx::query_scalar!("select tenant_id from tenant").fetch_all(db.system()).await?;
    Ok(tenants.into_iter().map(TenantId::new).collect())
}

/// Allocations on which payments and invoicing disagree. One known from one side only is in flight if it is not older than `settled_before`.
pub(crate) async fn allocations(tx: &mut Tx, settled_before: DateTime<Utc>) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with side as (
             select allocation_id, item_id,
               coalesce(sum(amount) filter (where side = 'invoicing'), 0) as settled,
               coalesce(sum(amount) filter (where side = 'payments'), 0) as applied,
               count(*) filter (where side = 'invoicing') = count(*) filter (where side = 'payments') as is_final,
               max(recorded_at) as last_at
             from allocation_side
             where tenant_id = $1
             group by allocation_id, item_id
           ), violations as (
             select *
             from side
             where settled <> applied and (is_final or last_at < $2)
           )
           select
             (select count(*) from side) as "checked!",
             (select count(*) from violations) as "violations!",
             array(select 'allocation ' || allocation_id || ' on item ' || item_id || ': settled ' || settled || ', applied ' || applied
                   from violations order by allocation_id limit 20) as "examples!""#,
        tenant,
        settled_before,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// Items whose open balance on a date lies below zero or above what was invoiced: aging could not partition it.
pub(crate) async fn items_out_of_bounds(tx: &mut Tx, on: NaiveDate) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with balance as (
             select item_id, sum(amount) as open, sum(amount) filter (where kind = 'invoice') as total
             from entry
             where tenant_id = $1 and effective_on <= $2
             group by item_id
           ), violations as (
             select *
             from balance
             where open < 0 or total is null or open > total
           )
           select
             (select count(*) from balance) as "checked!",
             (select count(*) from violations) as "violations!",
             array(select 'item ' || item_id || ': ' || open || ' open of ' || coalesce(total, 0) from violations order by item_id limit 20) as "examples!""#,
        tenant,
        on,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// When the first entry became known.
pub(crate) async fn first_known_at(tx: &mut Tx) -> Result<Option<DateTime<Utc>>, DbError> {
    let tenant = tx.tenant().uuid();
    let first =
        sqlx::query_scalar!("select min(coalesce(known_at, recorded_at)) from entry where tenant_id = $1", tenant)
            .fetch_one(&mut **tx)
            .await?;
    Ok(first)
}

/// First and last effective date.
pub(crate) async fn history(tx: &mut Tx) -> Result<Option<(NaiveDate, NaiveDate)>, DbError> {
    let tenant = tx.tenant().uuid();
    let row = sqlx::query!(
        "select min(e.first) as first, max(e.last) as last
         from currency c
         cross join lateral (
           select min(effective_on) as first, max(effective_on) as last from entry where tenant_id = $1 and currency = c.code
         ) e
         where c.tenant_id = $1",
        tenant
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(row.first.zip(row.last))
}
