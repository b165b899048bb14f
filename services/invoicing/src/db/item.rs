//! Open items.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use quittance_db::{
    AmountRange, Column, DbError, List, Place, Range, Tx, Window, expect_rows,
    row::{money, stored},
};
use quittance_kernel::{Currency, CustomerId, InvoiceId, ItemId, Terms};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::domain::{Amounts, DocumentRef, OpenItem, Parts, Timeline};

struct Row {
    id: Uuid,
    document_id: Option<Uuid>,
    installment: Option<i32>,
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
    bad_debt: Decimal,
    credited: Decimal,
    voided: Decimal,
    disputed: bool,
    last_entry_on: Option<NaiveDate>,
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
            // The column has both.
            written_off: amount(row.written_off - row.bad_debt)?,
            bad_debt: amount(row.bad_debt)?,
            credited: amount(row.credited)?,
            voided: amount(row.voided)?,
        };
        let amounts = stored(table, id, Amounts::new(amount(row.total)?, parts))?;
        let item = OpenItem {
            id: ItemId::new(id),
            document: DocumentRef::Invoice(InvoiceId::new(row.document_id.unwrap_or(id))),
            installment: row.installment.map(|number| stored(table, id, u16::try_from(number))).transpose()?,
            customer: CustomerId::new(row.customer_id),
            number: row.number,
            issued_on: row.issued_on,
            due_on: row.due_on,
            terms: stored(table, id, Terms::parse(&row.terms))?,
            amounts,
            timeline: Timeline::since(row.last_entry_on, amounts.open()),
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
        "select o.id, o.document_id, o.installment, o.customer_id, o.number, o.currency, o.issued_on, o.due_on, o.terms, o.total, o.settled, o.discounted, o.written_off,
           o.bad_debt, o.credited, o.voided, o.disputed, o.last_entry_on, o.updated_at
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
        "select o.id, o.document_id, o.installment, o.customer_id, o.number, o.currency, o.issued_on, o.due_on, o.terms, o.total, o.settled, o.discounted, o.written_off,
           o.bad_debt, o.credited, o.voided, o.disputed, o.last_entry_on, o.updated_at
         from unnest($2::uuid[]) as requested (id)
         join open_item o on o.tenant_id = $1 and o.id = requested.id",
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(|row| ItemView::try_from(row).map(|view| (view.item.id, view))).collect()
}

/// The items of an invoice, locked until the transaction ends, in the order of their ids; none if it is not issued.
pub(crate) async fn lock_items_of(tx: &mut Tx, invoice: InvoiceId) -> Result<Vec<ItemView>, DbError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, document_id, installment, customer_id, number, currency, issued_on, due_on, terms, total, settled, discounted, written_off,
           bad_debt, credited, voided, disputed, last_entry_on, updated_at
         from open_item
         where tenant_id = $1 and (id = $2 or document_id = $2)
         order by id
         for update",
        tx.tenant().uuid(),
        invoice.uuid(),
    )
    .fetch_all(&mut **tx)
    .await?;
    in_order(rows)
}

/// The items of these invoices, in the order of their installments.
pub(crate) async fn find_items_of(
    tx: &mut Tx,
    invoices: &[InvoiceId],
) -> Result<HashMap<InvoiceId, Vec<OpenItem>>, DbError> {
    let tenant = tx.tenant().uuid();
    let ids: Vec<Uuid> = invoices.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select o.id as "id!", o.document_id, o.installment, o.customer_id as "customer_id!", o.number as "number!", o.currency as "currency!",
             o.issued_on as "issued_on!", o.due_on as "due_on!", o.terms as "terms!", o.total as "total!", o.settled as "settled!",
             o.discounted as "discounted!", o.written_off as "written_off!", o.bad_debt as "bad_debt!", o.credited as "credited!", o.voided as "voided!",
             o.disputed as "disputed!", o.last_entry_on, o.updated_at as "updated_at!"
           from unnest($2::uuid[]) as requested (id)
           join open_item o on o.tenant_id = $1 and o.id = requested.id
           union all
           select o.id, o.document_id, o.installment, o.customer_id, o.number, o.currency, o.issued_on, o.due_on, o.terms, o.total, o.settled,
             o.discounted, o.written_off, o.bad_debt, o.credited, o.voided, o.disputed, o.last_entry_on, o.updated_at
           from unnest($2::uuid[]) as requested (id)
           join open_item o on o.tenant_id = $1 and o.document_id = requested.id"#,
        tenant,
        &ids,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found: HashMap<InvoiceId, Vec<OpenItem>> = HashMap::with_capacity(invoices.len());
    for view in in_order(rows)? {
        let DocumentRef::Invoice(invoice) = view.item.document;
        found.entry(invoice).or_default().push(view.item);
    }
    Ok(found)
}

fn in_order(rows: Vec<Row>) -> Result<Vec<ItemView>, DbError> {
    let mut views = rows.into_iter().map(ItemView::try_from).collect::<Result<Vec<_>, _>>()?;
    views.sort_by_key(|view| view.item.installment);
    Ok(views)
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
    let bad_debts: Vec<Decimal> = items.iter().map(|i| i.amounts.bad_debt().amount()).collect();
    let written_off = items.iter().map(|i| i.amounts.written_off().amount() + i.amounts.bad_debt().amount());
    let written_off: Vec<Decimal> = written_off.collect();
    let credited: Vec<Decimal> = items.iter().map(|i| i.amounts.credited().amount()).collect();
    let voided: Vec<Decimal> = items.iter().map(|i| i.amounts.voided().amount()).collect();
    let last: Vec<Option<NaiveDate>> = items.iter().map(|i| i.timeline.last()).collect();
    let updated: Vec<DateTime<Utc>> = items.iter().map(|i| i.updated_at).collect();
    let done = sqlx::query!(
        "update open_item o
         set settled = v.settled, discounted = v.discounted, written_off = v.written_off, bad_debt = v.bad_debt,
           credited = v.credited, voided = v.voided, last_entry_on = v.last_entry_on, updated_at = v.updated_at
         from unnest($2::uuid[], $3::numeric[], $4::numeric[], $5::numeric[], $6::numeric[], $7::numeric[], $8::numeric[], $9::date[], $10::timestamptz[])
           as v (id, settled, discounted, written_off, bad_debt, credited, voided, last_entry_on, updated_at)
         where o.tenant_id = $1 and o.id = v.id",
        tenant,
        &ids,
        &settled,
        &discounted,
        &written_off,
        &bad_debts,
        &credited,
        &voided,
        &last as &[Option<NaiveDate>],
        &updated,
    )
    .execute(&mut **tx)
    .await?;
    expect_rows(&done, "open_item", items.len())?;
    touch_documents(tx, items).await
}

/// Changes the invoices of installments with them: who follows changes sees these in the order of their own.
async fn touch_documents(tx: &mut Tx, items: &[&OpenItem]) -> Result<(), DbError> {
    let parts = || items.iter().filter(|item| item.installment.is_some());
    if parts().next().is_none() {
        return Ok(());
    }
    let documents: Vec<Uuid> = parts()
        .map(|item| match item.document {
            DocumentRef::Invoice(id) => id.uuid(),
        })
        .collect();
    let updated: Vec<DateTime<Utc>> = parts().map(|item| item.updated_at).collect();
    sqlx::query!(
        "with changed as (
           select id, max(updated_at) as updated_at
           from unnest($2::uuid[], $3::timestamptz[]) as c (id, updated_at)
           group by id
         ), locked as (
           select i.id from changed c join invoice i on i.tenant_id = $1 and i.id = c.id order by i.id for update of i
         )
         update invoice i
         set updated_at = c.updated_at
         from locked l
         join changed c on c.id = l.id
         where i.tenant_id = $1 and i.id = l.id",
        tx.tenant().uuid(),
        &documents,
        &updated,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Marks an item as disputed or not. Returns false if it does not exist. The item is changed now, whenever the dispute was: who follows changes must see it;
/// and so is the invoice of an installment.
pub(crate) async fn set_disputed(tx: &mut Tx, item: ItemId, disputed: bool) -> Result<bool, DbError> {
    let tenant = tx.tenant().uuid();
    let found = sqlx::query_scalar!(
        r#"with marked as (
             update open_item set disputed = $3, updated_at = now() where tenant_id = $1 and id = $2 returning document_id
           ), changed as (
             update invoice i set updated_at = now() from marked m where i.tenant_id = $1 and i.id = m.document_id
           )
           select exists (select from marked) as "found!""#,
        tenant,
        item.uuid(),
        disputed,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}
