//! The input of dunning runs.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use quittance_db::{Column, DbError, List, Place, Range, Tx, Window};
use quittance_kernel::{Bug, CustomerId, ItemId, RunId, StrategyId};
use uuid::Uuid;

use super::money;
use crate::{
    Error,
    domain::{DunningRun, ItemView, Strategy},
};

/// Items as of a date, and the position of invoicing's events up to which they were applied.
#[derive(Debug)]
pub(crate) struct Candidates {
    /// The items that may have reached a step.
    pub(crate) items: Vec<ItemView>,
    /// Position of invoicing's events.
    pub(crate) position: i64,
}

/// Items that were issued and open on the date, are open now, and had reached the first step. Earlier reminders of an item count
/// whatever their date: no item is reminded at one step twice.
pub(crate) async fn candidates(tx: &mut Tx, strategy: &Strategy, as_of: NaiveDate) -> Result<Candidates, DbError> {
    let tenant = tx.tenant().uuid();
    let first = strategy.steps.first().ok_or(Bug("a strategy has no steps"))?;
    let due_until = as_of.checked_sub_signed(TimeDelta::days(first.offset_days.into()));
    let due_until = due_until.ok_or(Bug("a step is out of the range of dates"))?;
    let position = sqlx::query_scalar!("select position from subscription where area = 'invoicing'")
        .fetch_optional(&mut **tx)
        .await?;
    // The position is read in the statement that reads the items: the consumer may move both on between two statements.
    let rows = sqlx::query!(
        r#"select i.id, i.customer_id, i.number, i.currency, i.issued_on, i.due_on, s.position as "position!",
             i.total + coalesce(moved.amount, 0) as "open!", i.open as open_now,
             exists (
               select
               from dispute d
               where d.tenant_id = $1 and d.item_id = i.id and (d.state = 'open' or (d.opened_on <= $2 and d.resolved_on > $2))
             ) as "disputed!",
             reminded.offset_days as "reminded_offset?", reminded.as_of as "reminded_on?"
           from item i
           cross join (select position from subscription where area = 'invoicing') s
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
           where i.tenant_id = $1 and i.due_on <= $3 and i.issued_on <= $2 and i.closed_on is null
           order by i.id"#,
        tenant,
        as_of,
        due_until,
    )
    .fetch_all(&mut **tx)
    .await?;
    let position = rows.first().map(|row| row.position).or(position).unwrap_or(0);
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
    Ok(Candidates { items: items.collect::<Result<_, DbError>>()?, position })
}

/// Adds a run.
pub(crate) async fn insert_run(tx: &mut Tx, run: &DunningRun) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "insert into dunning_run (tenant_id, id, as_of, strategy_id, reminders, items, position, ran_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant,
        run.id.uuid(),
        run.as_of,
        run.strategy.uuid(),
        run.reminders,
        run.items,
        run.position,
        run.ran_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

struct RunRow {
    id: Uuid,
    as_of: NaiveDate,
    strategy_id: Uuid,
    reminders: i32,
    items: i32,
    position: i64,
    ran_at: DateTime<Utc>,
}

impl From<RunRow> for DunningRun {
    fn from(row: RunRow) -> Self {
        Self {
            id: RunId::new(row.id),
            as_of: row.as_of,
            strategy: StrategyId::new(row.strategy_id),
            reminders: row.reminders,
            items: row.items,
            position: row.position,
            ran_at: row.ran_at,
        }
    }
}

/// A run.
pub(crate) async fn find_run(tx: &mut Tx, id: RunId) -> Result<DunningRun, Error> {
    find_runs(tx, &[id.uuid()]).await?.pop().ok_or(Error::RunNotFound(id))
}

/// These runs; those that do not exist are left out.
pub(crate) async fn find_runs(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<DunningRun>, DbError> {
    let rows = sqlx::query_as!(
        RunRow,
        "select r.id, as_of, strategy_id, reminders, items, position, ran_at
         from unnest($2::uuid[]) as requested (id)
         join dunning_run r on r.tenant_id = $1 and r.id = requested.id",
        tx.tenant().uuid(),
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(DunningRun::from).collect())
}

/// The orders of a list of runs.
pub(crate) const RUN_ORDERS: [(&str, Column); 1] = [("run_time", Column::Time("ran_at"))];

/// Where the runs of a page stand in their list: only those as of these dates, and made in this time.
pub(crate) async fn list_runs(
    tx: &mut Tx,
    as_of: Range<NaiveDate>,
    ran_at: Range<DateTime<Utc>>,
    window: Window,
) -> Result<Vec<Place>, DbError> {
    run_places(tx, as_of, ran_at, window).places(tx).await
}

/// The statement for them.
pub(super) fn run_places(tx: &Tx, as_of: Range<NaiveDate>, ran_at: Range<DateTime<Utc>>, window: Window) -> List {
    let mut list = List::new(tx, "dunning_run", ["tenant_id", "id"], window);
    list.within(["as_of >= ", "as_of <= "], as_of);
    list.within(["ran_at >= ", "ran_at < "], ran_at);
    list
}
