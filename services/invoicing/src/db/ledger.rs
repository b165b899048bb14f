//! Open items and their entries.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    AmountRange, Column, DbError, List, Place, Range, Tx, Window, expect_rows,
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
    updated_at: DateTime<Utc>,
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
            updated_at: row.updated_at,
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
           o.credited, o.voided, o.disputed, o.updated_at
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
           o.credited, o.voided, o.disputed, o.updated_at
         from unnest($2::uuid[]) as requested (id)
         join open_item o on o.tenant_id = $1 and o.id = requested.id",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| ItemView::try_from(row).map(|view| (view.item.id, view))).collect()
}

/// The filters of a list of open items.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    /// Only of these customers; all if there are none.
    pub(crate) customers: Vec<CustomerId>,
    /// Only those due on these dates.
    pub(crate) due_on: Range<NaiveDate>,
    /// Only those issued on these dates.
    pub(crate) issued_on: Range<NaiveDate>,
    /// Only those with such an open balance.
    pub(crate) open: Option<AmountRange>,
    /// Only disputed ones.
    pub(crate) disputed_only: bool,
    /// Also those without an open balance.
    pub(crate) include_closed: bool,
    /// Only those changed in this time.
    pub(crate) updated_at: Range<DateTime<Utc>>,
}

/// The orders of a list of open items.
pub(crate) const ORDERS: [(&str, Column); 2] =
    [("due_on", Column::Date("due_on")), ("update_time", Column::Time("updated_at"))];

/// Comparisons of the open balance with two limits.
const OPEN: [&str; 2] = [
    "total - settled - discounted - written_off - credited - voided >= ",
    "total - settled - discounted - written_off - credited - voided <= ",
];

/// Where the items of a page stand in their list.
pub(crate) async fn list(tx: &mut Tx, filter: Filter, window: Window) -> Result<Vec<Place>, DbError> {
    places(tx, filter, window).places(tx).await
}

/// The statement for them.
pub(super) fn places(tx: &Tx, filter: Filter, window: Window) -> List {
    let mut list = List::new(tx, "open_item", ["tenant_id", "id"], window);
    if !filter.include_closed {
        list.only("is_open");
    }
    if filter.disputed_only {
        list.only("disputed");
    }
    list.any("customer_id", filter.customers.into_iter().map(CustomerId::uuid).collect());
    list.within(["due_on >= ", "due_on <= "], filter.due_on);
    list.within(["issued_on >= ", "issued_on <= "], filter.issued_on);
    if let Some(AmountRange { currency, amounts }) = filter.open {
        list.compare("currency = ", Some(currency.code()));
        list.within(OPEN, amounts);
    }
    list.within(["updated_at >= ", "updated_at < "], filter.updated_at);
    list
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
    let updated: Vec<DateTime<Utc>> = items.iter().map(|i| i.updated_at).collect();
    let done = sqlx::query!(
        "update open_item o
         set settled = v.settled, discounted = v.discounted, written_off = v.written_off, credited = v.credited, voided = v.voided,
           updated_at = v.updated_at
         from unnest($2::uuid[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[], $8::timestamptz[])
           as v (id, settled, discounted, written_off, credited, voided, updated_at)
         where o.tenant_id = $1 and o.id = v.id",
        tenant,
        &ids,
        &settled,
        &discounted,
        &written_off,
        &credited,
        &voided,
        &updated,
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

/// Marks an item as disputed or not. Returns false if it does not exist. The item is changed now, whenever the dispute was: who follows changes must see it.
pub(crate) async fn set_disputed(tx: &mut Tx, item: ItemId, disputed: bool) -> Result<bool, DbError> {
    let tenant = tx.tenant().uuid();
    let done = sqlx::query!(
        "update open_item set disputed = $3, updated_at = now() where tenant_id = $1 and id = $2",
        tenant,
        item.uuid(),
        disputed,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
