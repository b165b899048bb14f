//! Recorded reminders.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{Column, DbError, List, Place, Range, Tx, Window, row::stored};
use quittance_kernel::{ContactId, CustomerId, ItemId, ReminderId, RunId};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::money;
use crate::{
    Error,
    domain::{Reminder, ReminderItem, Rendered},
};

/// Adds reminders with their items.
pub(crate) async fn insert_all(tx: &mut Tx, reminders: &[&Reminder]) -> Result<(), DbError> {
    if reminders.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = reminders.iter().map(|r| r.id.uuid()).collect();
    let runs: Vec<Uuid> = reminders.iter().map(|r| r.run.uuid()).collect();
    let customers: Vec<Uuid> = reminders.iter().map(|r| r.customer.uuid()).collect();
    let contacts: Vec<Option<Uuid>> = reminders.iter().map(|r| r.contact.map(ContactId::uuid)).collect();
    let names: Vec<String> = reminders.iter().map(|r| r.contact_name.clone()).collect();
    let emails: Vec<Option<String>> = reminders.iter().map(|r| r.contact_email.clone()).collect();
    let offsets: Vec<i32> = reminders.iter().map(|r| r.offset_days).collect();
    let steps: Vec<String> = reminders.iter().map(|r| r.step_name.clone()).collect();
    let dates: Vec<NaiveDate> = reminders.iter().map(|r| r.as_of).collect();
    let currencies: Vec<String> = reminders.iter().map(|r| r.total.currency().code().to_owned()).collect();
    let totals: Vec<Decimal> = reminders.iter().map(|r| r.total.amount()).collect();
    let subjects: Vec<String> = reminders.iter().map(|r| r.rendered.subject.clone()).collect();
    let bodies: Vec<String> = reminders.iter().map(|r| r.rendered.body.clone()).collect();
    let recorded: Vec<DateTime<Utc>> = reminders.iter().map(|r| r.recorded_at).collect();
    sqlx::query!(
        "insert into reminder
           (tenant_id, id, run_id, customer_id, contact_id, contact_name, contact_email, offset_days, step_name, as_of, currency, total, subject, body,
            recorded_at)
         select $1, *
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::int[], $9::text[], $10::date[], $11::text[],
           $12::numeric[], $13::text[], $14::text[], $15::timestamptz[])",
        tenant,
        &ids,
        &runs,
        &customers,
        &contacts as &[Option<Uuid>],
        &names,
        &emails as &[Option<String>],
        &offsets,
        &steps,
        &dates,
        &currencies,
        &totals,
        &subjects,
        &bodies,
        &recorded,
    )
    .execute(&mut **tx)
    .await?;
    insert_items(tx, reminders).await
}

async fn insert_items(tx: &mut Tx, reminders: &[&Reminder]) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let items: Vec<(Uuid, i32, &ReminderItem)> = reminders
        .iter()
        .flat_map(|r| (1..).zip(&r.items).map(move |(place, item)| (r.id.uuid(), place, item)))
        .collect();
    let reminders: Vec<Uuid> = items.iter().map(|(reminder, ..)| *reminder).collect();
    let places: Vec<i32> = items.iter().map(|(_, place, _)| *place).collect();
    let ids: Vec<Uuid> = items.iter().map(|(.., i)| i.item.uuid()).collect();
    let numbers: Vec<String> = items.iter().map(|(.., i)| i.number.clone()).collect();
    let issued: Vec<NaiveDate> = items.iter().map(|(.., i)| i.issued_on).collect();
    let due: Vec<NaiveDate> = items.iter().map(|(.., i)| i.due_on).collect();
    let open: Vec<Decimal> = items.iter().map(|(.., i)| i.open.amount()).collect();
    let offsets: Vec<i32> = items.iter().map(|(.., i)| i.offset_days).collect();
    sqlx::query!(
        "insert into reminder_item (tenant_id, reminder_id, place, item_id, number, issued_on, due_on, open, offset_days)
         select $1, *
         from unnest($2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::date[], $7::date[], $8::numeric[], $9::int[])",
        tenant,
        &reminders,
        &places,
        &ids,
        &numbers,
        &issued,
        &due,
        &open,
        &offsets,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

struct Row {
    id: Uuid,
    run_id: Uuid,
    customer_id: Uuid,
    contact_id: Option<Uuid>,
    contact_name: String,
    contact_email: Option<String>,
    offset_days: i32,
    step_name: String,
    as_of: NaiveDate,
    currency: String,
    total: Decimal,
    subject: String,
    body: String,
    recorded_at: DateTime<Utc>,
}

/// A reminder.
pub(crate) async fn find(tx: &mut Tx, id: ReminderId) -> Result<Reminder, Error> {
    find_all(tx, &[id.uuid()]).await?.pop().ok_or(Error::ReminderNotFound(id))
}

/// These reminders; those that do not exist are left out.
pub(crate) async fn find_all(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Reminder>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select r.id, run_id, customer_id, contact_id, contact_name, contact_email, offset_days, step_name, as_of, currency, total, subject, body,
           recorded_at
         from unnest($2::uuid[]) as requested (id)
         join reminder r on r.tenant_id = $1 and r.id = requested.id",
        tx.tenant().uuid(),
        ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    with_items(tx, rows).await
}

/// The filters of a list of reminders.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// Only of this run.
    pub(crate) run: Option<RunId>,
    /// Only to these customers; all if there are none.
    pub(crate) customers: Vec<CustomerId>,
    /// Only with this item.
    pub(crate) item: Option<ItemId>,
    /// Only as of these dates.
    pub(crate) as_of: Range<NaiveDate>,
    /// Only those recorded in this time.
    pub(crate) recorded_at: Range<DateTime<Utc>>,
}

/// The orders of a list of reminders.
pub(crate) const ORDERS: [(&str, Column); 1] = [("record_time", Column::Time("recorded_at"))];

/// Where the reminders of a page stand in their list.
pub(crate) async fn list(tx: &mut Tx, filter: Filter, window: Window) -> Result<Vec<Place>, DbError> {
    places(tx, filter, window).places(tx).await
}

/// The statement for them.
pub(super) fn places(tx: &Tx, filter: Filter, window: Window) -> List {
    const ITEMS: &str = "reminder_item i where i.tenant_id = reminder.tenant_id and i.reminder_id = reminder.id";
    let mut list = List::new(tx, "reminder", ["tenant_id", "id"], window);
    list.compare("run_id = ", filter.run.map(RunId::uuid));
    list.any("customer_id", filter.customers.into_iter().map(CustomerId::uuid).collect());
    if let Some(item) = filter.item.map(ItemId::uuid) {
        list.exists(ITEMS, ["i.item_id >= ", "i.item_id <= "], Range { from: Some(item), to: Some(item) });
    }
    list.within(["as_of >= ", "as_of <= "], filter.as_of);
    list.within(["recorded_at >= ", "recorded_at < "], filter.recorded_at);
    list
}

async fn with_items(tx: &mut Tx, rows: Vec<Row>) -> Result<Vec<Reminder>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let found = sqlx::query!(
        "select i.reminder_id, i.item_id, i.number, i.issued_on, i.due_on, i.open, i.offset_days, r.currency
         from reminder_item i
         join reminder r on r.tenant_id = i.tenant_id and r.id = i.reminder_id
         where i.tenant_id = $1 and i.reminder_id = any($2)
         order by i.reminder_id, i.place",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut items: HashMap<Uuid, Vec<ReminderItem>> = HashMap::new();
    for row in found {
        let item = ReminderItem {
            item: ItemId::new(row.item_id),
            number: row.number,
            issued_on: row.issued_on,
            due_on: row.due_on,
            open: money("reminder_item", row.item_id, row.open, &row.currency)?,
            offset_days: row.offset_days,
        };
        items.entry(row.reminder_id).or_default().push(item);
    }
    rows.into_iter()
        .map(|row| {
            Ok(Reminder {
                id: ReminderId::new(row.id),
                run: RunId::new(row.run_id),
                customer: CustomerId::new(row.customer_id),
                contact: row.contact_id.map(ContactId::new),
                contact_name: row.contact_name,
                contact_email: row.contact_email,
                offset_days: row.offset_days,
                step_name: row.step_name,
                as_of: row.as_of,
                items: stored("reminder", row.id, items.remove(&row.id).ok_or("has no items"))?,
                total: money("reminder", row.id, row.total, &row.currency)?,
                rendered: Rendered { subject: row.subject, body: row.body },
                recorded_at: row.recorded_at,
            })
        })
        .collect()
}
