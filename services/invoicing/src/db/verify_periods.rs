//! The invariants of accounting periods.

use quittance_db::{DbError, Found, Tx};

/// Closed periods follow each other without a gap, the first from the beginning, up to the last closed day.
pub(crate) async fn days(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with ordered as (
             select id, start_on, end_on, lag(end_on) over days as end_before, lead(end_on) over days is null as is_last
             from accounting_period
             where tenant_id = $1 and reopened_at is null
             window days as (order by end_on)
           ), compared as (
             select o.id::text as id,
               o.start_on is not distinct from o.end_before + 1 and (not o.is_last or o.end_on is not distinct from t.closed_through) as holds
             from ordered o
             join tenant t on t.tenant_id = $1
             union all
             select 'none', t.closed_through is null
             from tenant t
             where t.tenant_id = $1 and not exists (select from ordered)
           ), violations as (
             select id from compared where not holds
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'period ' || id from violations order by id limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// The sums of all items and credits at the end of each closed period are those that were stored when it was closed.
pub(crate) async fn balances(tx: &mut Tx) -> Result<Found, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_as!(
        Found,
        r#"with moved as (
             select currency, effective_on, sum(items) as items, sum(credits) as credits
             from (
               select currency, effective_on, amount as items, 0 as credits from entry where tenant_id = $1
               union all
               select currency, effective_on, 0, amount from customer_credit_entry where tenant_id = $1
             ) m
             group by currency, effective_on
           ), closed as (
             select id, end_on from accounting_period where tenant_id = $1 and reopened_at is null
           ), owed as (
             select c.id, m.currency, sum(m.items) as items, sum(m.credits) as credits
             from closed c
             join moved m on m.effective_on <= c.end_on
             group by c.id, m.currency
           ), stored as (
             select b.* from accounting_period_balance b join closed c on c.id = b.period_id where b.tenant_id = $1
           ), compared as (
             select coalesce(s.period_id, o.id) as id, coalesce(s.currency, o.currency) as currency,
               coalesce(s.items, 0) = coalesce(o.items, 0) and coalesce(s.credits, 0) = coalesce(o.credits, 0) as holds
             from stored s
             full join owed o on o.id = s.period_id and o.currency = s.currency
           ), violations as (
             select id, currency from compared where not holds
           )
           select (select count(*) from compared) as "checked!", (select count(*) from violations) as "violations!",
             array(select 'period ' || id || ' in ' || currency from violations order by id, currency limit 20) as "examples!""#,
        tenant,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}
