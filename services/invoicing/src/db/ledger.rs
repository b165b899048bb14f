//! Open items and their entries.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    DbError, Tx, expect_rows,
    row::{known, money, stored},
};
use quittance_kernel::{Currency, CustomerId, EntryId, ItemId, Money, Terms};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::{Amounts, Entry, EntryKind, Movement, OpenItem, Parts};

struct Row {
    id: Uuid,
    customer_id: Uuid,
    number: String,
    currency: String,
    issued_on: NaiveDate,
    due_on: NaiveDate,
    terms: String,
    total: Decimal,
    settled: Decimal,
    discounted: Decimal,
    written_off: Decimal,
    credited: Decimal,
    voided: Decimal,
    disputed: bool,
}

/// An open item and whether it is disputed.
#[derive(Debug, Clone)]
pub(crate) struct ItemView {
    /// The item.
    pub(crate) item: OpenItem,
    /// Whether a dispute about it is open.
    pub(crate) disputed: bool,
}

impl TryFrom<Row> for ItemView {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let (table, id) = ("open_item", row.id);
        let currency = stored(table, id, Currency::parse(&row.currency))?;
        let amount = |value| money(table, id, value, currency);
        let parts = Parts {
            settled: amount(row.settled)?,
            discounted: amount(row.discounted)?,
            written_off: amount(row.written_off)?,
            credited: amount(row.credited)?,
            voided: amount(row.voided)?,
        };
        let item = OpenItem {
            id: ItemId::new(id),
            customer: CustomerId::new(row.customer_id),
            number: row.number,
            issued_on: row.issued_on,
            due_on: row.due_on,
            terms: stored(table, id, Terms::parse(&row.terms))?,
            amounts: stored(table, id, Amounts::new(amount(row.total)?, parts))?,
        };
        Ok(Self { item, disputed: row.disputed })
    }
}

/// These items, locked until the transaction ends, in the order of their ids: two batches that settle the same items take turns and do not deadlock.
pub(crate) async fn lock_items(tx: &mut Tx, ids: &[ItemId]) -> Result<HashMap<ItemId, ItemView>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        "select o.id, o.customer_id, o.number, o.currency, o.issued_on, o.due_on, o.terms, o.total, o.settled, o.discounted, o.written_off,
           o.credited, o.voided, o.disputed
         from unnest($2::uuid[]) as requested (id)
         join open_item o on o.tenant_id = $1 and o.id = requested.id
         order by o.id
         for update of o",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| ItemView::try_from(row).map(|view| (view.item.id, view))).collect()
}

/// These items.
pub(crate) async fn find_items(tx: &mut Tx, ids: &[ItemId]) -> Result<HashMap<ItemId, ItemView>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        "select o.id, o.customer_id, o.number, o.currency, o.issued_on, o.due_on, o.terms, o.total, o.settled, o.discounted, o.written_off,
           o.credited, o.voided, o.disputed
         from unnest($2::uuid[]) as requested (id)
         join open_item o on o.tenant_id = $1 and o.id = requested.id",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| ItemView::try_from(row).map(|view| (view.item.id, view))).collect()
}

/// Items with an open balance, oldest due first, after a due date and id.
pub(crate) async fn list_open(
    tx: &mut Tx,
    customer: Option<CustomerId>,
    due_on_or_before: Option<NaiveDate>,
    after: Option<(NaiveDate, ItemId)>,
    limit: i64,
) -> Result<Vec<ItemView>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, customer_id, number, currency, issued_on, due_on, terms, total, settled, discounted, written_off, credited, voided, disputed
         from open_item
         where tenant_id = $1 and is_open and ($2::uuid is null or customer_id = $2) and ($3::date is null or due_on <= $3)
           and ($4::date is null or (due_on, id) > ($4, $5::uuid))
         order by due_on, id
         limit $6",
        tx.tenant().uuid(),
        customer.map(CustomerId::uuid),
        due_on_or_before,
        after.map(|(due_on, _)| due_on),
        after.map(|(_, id)| id.uuid()),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(ItemView::try_from).collect()
}

/// Updates the balances of locked items.
pub(crate) async fn update_items(tx: &mut Tx, items: &[&OpenItem]) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = items.iter().map(|i| i.id.uuid()).collect();
    let settled: Vec<Decimal> = items.iter().map(|i| i.amounts.settled().amount()).collect();
    let discounted: Vec<Decimal> = items.iter().map(|i| i.amounts.discounted().amount()).collect();
    let written_off: Vec<Decimal> = items.iter().map(|i| i.amounts.written_off().amount()).collect();
    let credited: Vec<Decimal> = items.iter().map(|i| i.amounts.credited().amount()).collect();
    let voided: Vec<Decimal> = items.iter().map(|i| i.amounts.voided().amount()).collect();
    let done = sqlx::query!(
        "update open_item o
         set settled = v.settled, discounted = v.discounted, written_off = v.written_off, credited = v.credited, voided = v.voided
         from unnest($2::uuid[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[])
           as v (id, settled, discounted, written_off, credited, voided)
         where o.tenant_id = $1 and o.id = v.id",
        tenant,
        &ids,
        &settled,
        &discounted,
        &written_off,
        &credited,
        &voided,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "open_item", items.len())
}

/// An item, locked until the transaction ends.
pub(crate) async fn lock_item(tx: &mut Tx, id: ItemId) -> Result<Option<ItemView>, DbError> {
    Ok(lock_items(tx, &[id]).await?.remove(&id))
}

/// An entry with its item and customer.
#[derive(Debug, Clone)]
pub(crate) struct NewEntry {
    /// The entry's id.
    pub(crate) id: EntryId,
    /// The item whose balance it changes.
    pub(crate) item: ItemId,
    /// The customer.
    pub(crate) customer: CustomerId,
    /// The movement.
    pub(crate) entry: Entry,
}

/// Updates an item after one entry, and adds the entry under its id.
pub(crate) async fn move_item(
    tx: &mut Tx,
    item: &OpenItem,
    id: EntryId,
    entry: Entry,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    update_items(tx, &[item]).await?;
    insert_entries(tx, &[NewEntry { id, item: item.id, customer: item.customer, entry }], now).await
}

/// Adds entries.
pub(crate) async fn insert_entries(tx: &mut Tx, entries: &[NewEntry], now: DateTime<Utc>) -> Result<(), DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = entries.iter().map(|e| e.id.uuid()).collect();
    let items: Vec<Uuid> = entries.iter().map(|e| e.item.uuid()).collect();
    let customers: Vec<Uuid> = entries.iter().map(|e| e.customer.uuid()).collect();
    let kinds: Vec<String> = entries.iter().map(|e| e.entry.kind.label().to_owned()).collect();
    let amounts: Vec<Decimal> = entries.iter().map(|e| e.entry.amount.amount()).collect();
    let currencies: Vec<String> = entries.iter().map(|e| e.entry.amount.currency().code().to_owned()).collect();
    let dates: Vec<NaiveDate> = entries.iter().map(|e| e.entry.effective_on).collect();
    sqlx::query!(
        "insert into entry (tenant_id, item_id, id, customer_id, kind, amount, currency, effective_on, recorded_at)
         select $1, e.item_id, e.id, e.customer_id, e.kind, e.amount, e.currency, e.effective_on, $9
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::numeric[], $7::text[], $8::date[])
           as e (id, item_id, customer_id, kind, amount, currency, effective_on)",
        tenant,
        &ids,
        &items,
        &customers,
        &kinds,
        &amounts,
        &currencies,
        &dates,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A customer's balance in one currency before a date.
pub(crate) async fn balance_before(
    tx: &mut Tx,
    customer: CustomerId,
    currency: Currency,
    date: NaiveDate,
) -> Result<Money, DbError> {
    let tenant = tx.tenant().uuid();
    let sum = sqlx::query_scalar!(
        r#"select coalesce(sum(amount), 0) as "sum!"
           from entry
           where tenant_id = $1 and customer_id = $2 and currency = $3 and effective_on < $4"#,
        tenant,
        customer.uuid(),
        currency.code(),
        date,
    )
    .fetch_one(&mut **tx)
    .await?;
    money("entry", customer.uuid(), sum, currency)
}

/// A customer's movements in one currency between two dates, both included, by effective date and recorded time.
pub(crate) async fn movements(
    tx: &mut Tx,
    customer: CustomerId,
    currency: Currency,
    from: NaiveDate,
    to: NaiveDate,
    limit: i64,
) -> Result<Vec<Movement>, DbError> {
    let tenant = tx.tenant().uuid();
    let rows = sqlx::query!(
        "select e.id, e.item_id, e.kind, e.amount, e.effective_on, e.recorded_at, o.number
         from entry e
         join open_item o on o.tenant_id = e.tenant_id and o.id = e.item_id
         where e.tenant_id = $1 and e.customer_id = $2 and e.currency = $3 and e.effective_on between $4 and $5
         order by e.effective_on, e.recorded_at, e.id
         limit $6",
        tenant,
        customer.uuid(),
        currency.code(),
        from,
        to,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Movement {
                effective_on: row.effective_on,
                recorded_at: row.recorded_at,
                kind: known("entry", row.id, "kind", EntryKind::parse(&row.kind))?,
                item: ItemId::new(row.item_id),
                number: row.number,
                amount: money("entry", row.id, row.amount, currency)?,
            })
        })
        .collect()
}

/// Marks an item as disputed or not. Returns false if it does not exist.
pub(crate) async fn set_disputed(tx: &mut Tx, item: ItemId, disputed: bool) -> Result<bool, DbError> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query!(
        "update open_item set disputed = $3 where tenant_id = $1 and id = $2",
        tenant,
        item.uuid(),
        disputed
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
