//! The input of dunning runs.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use quittance_db::{DbError, Tx};
use quittance_kernel::{Bug, CustomerId, ItemId, RunId, StrategyId};
use uuid::Uuid;

use super::money;
use crate::domain::{ItemView, Strategy};

/// The customers with items that were issued and open on the date, are open now, are not disputed, and have reached a step that they were not reminded at, in
/// the order of their ids. This is all that [`crate::domain::plan`] can plan a reminder for, and little more: it decides.
pub(crate) async fn customers_due(
    tx: &mut Tx,
    strategy: &Strategy,
    as_of: NaiveDate,
) -> Result<Vec<CustomerId>, DbError> {
    let offsets: Vec<i32> = strategy.steps.iter().map(|step| step.offset_days).collect();
    let customers = sqlx::query_scalar!(
        "with due as materialized (
           select i.id, i.customer_id, i.due_on from item i where i.tenant_id = $1 and i.due_on <= $3 and i.issued_on <= $2 and i.closed_on is null
         )
         select distinct i.customer_id
         from due i
         left join lateral (
           select max(r.offset_days) as offset_days, max(m.as_of) as as_of
           from reminder_item r
           join reminder m on m.tenant_id = r.tenant_id and m.id = r.reminder_id
           where r.tenant_id = $1 and r.item_id = i.id
         ) reminded on true
         where (reminded.as_of is null or reminded.as_of < $2)
           and exists (
             select
             from unnest($4::int[]) as step (offset_days)
             where i.due_on + step.offset_days <= $2 and (reminded.offset_days is null or step.offset_days > reminded.offset_days)
           )
           and not exists (
             select
             from dispute d
             where d.tenant_id = $1 and d.item_id = i.id and (d.state = 'open' or (d.opened_on <= $2 and d.resolved_on > $2))
           )
         order by i.customer_id",
        tx.tenant().uuid(),
        as_of,
        due_until(strategy, as_of)?,
        &offsets,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(customers.into_iter().map(CustomerId::new).collect())
}

/// The latest due date of items that have reached the first step.
fn due_until(strategy: &Strategy, as_of: NaiveDate) -> Result<NaiveDate, DbError> {
    let first = strategy.steps.first().ok_or(Bug("a strategy has no steps"))?;
    let due_until = as_of.checked_sub_signed(TimeDelta::days(first.offset_days.into()));
    Ok(due_until.ok_or(Bug("a step is out of the range of dates"))?)
}

/// Items of these customers that were issued and open on the date, are open now, and had reached the first step, by customer. Earlier reminders of an item count
/// whatever their date: no item is reminded at one step twice.
pub(crate) async fn candidates(
    tx: &mut Tx,
    strategy: &Strategy,
    as_of: NaiveDate,
    customers: &[CustomerId],
) -> Result<Vec<ItemView>, DbError> {
    let customers: Vec<Uuid> = customers.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"select i.id, i.customer_id, i.number, i.currency, i.issued_on, i.due_on, i.total + coalesce(moved.amount, 0) as "open!", i.open as open_now,
             exists (
               select
               from dispute d
               where d.tenant_id = $1 and d.item_id = i.id and (d.state = 'open' or (d.opened_on <= $2 and d.resolved_on > $2))
             ) as "disputed!",
             reminded.offset_days as "reminded_offset?", reminded.as_of as "reminded_on?"
           from unnest($4::uuid[]) as requested (customer_id)
           join item i on i.tenant_id = $1 and i.customer_id = requested.customer_id
           left join lateral (
             select sum(e.amount) as amount
             from item_entry e
             where e.tenant_id = $1 and e.item_id = i.id and e.effective_on <= $2
           ) moved on true
           left join lateral (
             select max(r.offset_days) as offset_days, max(m.as_of) as as_of
             from reminder_item r
             join reminder m on m.tenant_id = r.tenant_id and m.id = r.reminder_id
             where r.tenant_id = $1 and r.item_id = i.id
           ) reminded on true
           where i.due_on <= $3 and i.issued_on <= $2 and i.closed_on is null
           order by i.customer_id, i.id"#,
        tx.tenant().uuid(),
        as_of,
        due_until(strategy, as_of)?,
        &customers,
    )
    .fetch_all(&mut **tx)
    .await?;
    let items = rows.into_iter().map(|row| {
        Ok(ItemView {
            item: ItemId::new(row.id),
            customer: CustomerId::new(row.customer_id),
            number: row.number,
            issued_on: row.issued_on,
            due_on: row.due_on,
            open_on_as_of: money("item", row.id, row.open, &row.currency)?,
            open_now: money("item", row.id, row.open_now, &row.currency)?,
            disputed: row.disputed,
            reminded_on: row.reminded_on,
            reminded_offset: row.reminded_offset,
        })
    });
    items.collect()
}

/// Keeps the strategy that a run uses: it cannot be deleted any more.
pub(crate) async fn insert_run(
    tx: &mut Tx,
    run: RunId,
    as_of: NaiveDate,
    strategy: StrategyId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    sqlx::query!(
        "insert into dunning_run (tenant_id, id, as_of, strategy_id, ran_at) values ($1, $2, $3, $4, $5)",
        tx.tenant().uuid(),
        run.uuid(),
        as_of,
        strategy.uuid(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
